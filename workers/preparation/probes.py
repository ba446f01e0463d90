"""Linear models whose strength of penalty is the best of a grid by cross-validation on the rows
that are given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from .balance import Balance, Floats
from .linear_models import Linear, Target, fit_linear

FOLDS = 5
STRENGTHS: dict[Target, tuple[float, ...]] = {
    "classes": tuple(10.0**x for x in (-4, -3, -2.5, -2, -1, 0)),
    "choices": tuple(10.0**x for x in (-4, -3, -2, -1, 0)),
    "numbers": tuple(10.0**x for x in (-5, -4, -3.5, -3, -2, -1, 0)),
}
"""Inverse penalties, ascending; of columns with a variance of 1."""
OF_WORDS = (0.03, 0.3, 1.0, 3.0, 10.0, 100.0)
"""Inverse penalties of columns as they are, of rows of length 1."""
MANY = 2**24
"""Numbers of a matrix with fewer of which one thread is the best: several wait for one another in
each of many small products, and where others want the processors each wait takes their time."""
Merit = Callable[[Floats], float]
PATIENCE = 2
"""Larger strengths that may be worse one after another before the grid is left."""


@dataclass(frozen=True)
class Probe:
    """A fitted model.

    Attributes:
        losses: Of each row when it was held out, `n`: nats, or squared error.
        held_out: Outputs for each row when it was held out, `n x o`; of choices `n x k`.
        strength: The chosen inverse penalty.
        by_merit: Whether a merit chose it, not the loss.
    """

    linear: Linear
    losses: Floats
    held_out: Floats
    strength: float
    by_merit: bool = False


def fit_probe(
    target: Target,
    x: Any,
    y: NDArray[Any],
    outputs: int,
    intercept: bool = True,
    scale: bool = True,
    balance: Balance | None = None,
    merit: Merit | None = None,
) -> Probe:
    """The model of the best strength, fitted to all rows.

    Args:
        x: `n x d`, dense or sparse; of choices `n x k x d`.
        y: `n`: class or choice indices, or numbers.
        outputs: Classes; 1 otherwise.
        intercept: Whether the outputs may have a bias.
        scale: Penalise columns as if each had a variance of 1; of dense ones.
        balance: Of classes, in the loss of every fit and of the held-out rows; None for all alike.
        merit: Of held-out outputs, the more the better: what the best strength has most of; None
            for the least loss.
    """
    if balance is not None and not intercept:
        balance = balance.as_weights(y)
    centre, spread = _moments(x, target, intercept) if scale else (0.0, 1.0)
    scaled = (x - centre) / spread if scale else x

    def fit(rows: Any, strength: float) -> Linear:
        return fit_linear(target, scaled[rows], y[rows], outputs, strength, intercept, balance)

    grid = STRENGTHS[target] if scale else OF_WORDS
    with threadpool_limits(1 if x.size < MANY else None, user_api="blas"):
        strength, losses, held_out = _choose(target, scaled, y, fit, grid, balance, merit)
        found = fit(np.arange(len(y)), strength)
    weight = found.weight / spread
    shift = weight @ centre if scale and intercept and target != "choices" else 0.0
    return Probe(Linear(weight, found.bias - shift), losses, held_out, strength, merit is not None)


def _choose(
    target: Target,
    x: Any,
    y: NDArray[Any],
    fit: Callable[[Any, float], Linear],
    grid: Sequence[float],
    balance: Balance | None,
    merit: Merit | None,
) -> tuple[float, Floats, Floats]:
    """The best strength on held-out rows, the losses there, `n`, and the outputs."""
    splits = list(KFold(min(FOLDS, len(y)), shuffle=True, random_state=0).split(np.arange(len(y))))
    best: tuple[float, Floats, Floats] | None = None
    least, worse = np.inf, 0
    for strength in grid:
        found = [fit(train, strength).outputs(x[held]) for train, held in splits]
        outputs = np.empty((len(y), found[0].shape[1]))
        for (_, held), part in zip(splits, found, strict=True):
            outputs[held] = part
        losses = row_losses(target, outputs, y, balance)
        found_loss = float(losses.mean()) if merit is None else -merit(outputs)
        worse = worse + 1 if best is not None and found_loss >= least else 0
        if worse == 0:
            best, least = (strength, losses, outputs), found_loss
        if merit is None and worse >= PATIENCE:  # a merit may stay as it is for a while
            break
    assert best is not None, "a grid has strengths"
    return best


def row_losses(
    target: Target, outputs: Floats, y: NDArray[Any], balance: Balance | None = None
) -> Floats:
    """`n`: the negative log-likelihood of each label as training weighs it, or its squared
    error."""
    if target == "numbers":
        return np.asarray((outputs[:, 0] - y) ** 2)
    if balance is None:
        return np.asarray(-log_softmax(outputs, axis=1)[np.arange(len(y)), y])
    return balance.row_losses(outputs, y)


def _moments(x: Any, target: Target, intercept: bool) -> tuple[Any, Floats]:
    """Mean and deviation of each column; what choices share with each other has no meaning."""
    flat = x.reshape(-1, x.shape[-1])
    spread = flat.std(axis=0)
    spread = np.where(spread > 1e-8 * max(1.0, float(spread.max(initial=0.0))), spread, 1.0)
    centre = flat.mean(axis=0) if intercept and target != "choices" else np.zeros(flat.shape[1])
    return centre, spread


def prefer(losses: Sequence[Floats]) -> int:
    """Which of several models of the same rows is best: the first, unless another has less loss
    by more than the standard error of the difference.

    Args:
        losses: `n` of each.
    """
    best = min(range(len(losses)), key=lambda i: float(losses[i].mean()))
    gain = losses[0] - losses[best]
    return best if gain.mean() > gain.std() / np.sqrt(len(gain)) else 0
