"""Penalised linear models: logistic regression of classes and choices, ridge of numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.kinds.model_forms import CHOICES

from .balance import Balance, Floats

Target = Literal["classes", "numbers", "choices"]
UNSEEN = -10.0
"""Output of a class that no row has."""


def find_target(kind: str) -> Target | None:
    """What a linear model for that kind of task gives; None where there is none."""
    row = find_kind(kind)
    if row.form is CHOICES:
        return "choices"
    known: dict[str | None, Target] = {
        "single_label_classification": "classes",
        "regression": "numbers",
    }
    return known.get(row.problem)


def name_regression(kind: str) -> str:
    """`ridge` of numbers, else `logistic`."""
    return "ridge" if find_target(kind) == "numbers" else "logistic"


@dataclass(frozen=True)
class Linear:
    """`x @ weight.T + bias`: logits of classes, numbers, or one score for each choice.

    Attributes:
        weight: `o x d`.
        bias: `o`.
    """

    weight: Floats
    bias: Floats

    def outputs(self, x: Any) -> Floats:
        """`n x o`; of choices `n x k`."""
        if getattr(x, "ndim", 2) == 3:
            return np.asarray(x @ self.weight[0])
        return np.asarray(x @ self.weight.T) + self.bias


def fit_linear(
    target: Target,
    x: Any,
    y: NDArray[Any],
    outputs: int,
    strength: float,
    intercept: bool,
    balance: Balance | None = None,
) -> Linear:
    """The model of one strength.

    Args:
        x: `n x d`, dense or sparse; of choices `n x k x d`.
        y: `n`: class or choice indices, or numbers.
        outputs: Classes; 1 otherwise.
        strength: Inverse penalty.
        intercept: Whether the outputs may have a bias.
        balance: Of classes, whose shift takes an intercept; None for all rows alike.
    """
    if target == "classes":
        return _fit_classes(x, y, outputs, strength, intercept, balance)
    return _FITS[target](x, y, strength, intercept)


def _fit_classes(
    x: Any,
    y: NDArray[Any],
    outputs: int,
    strength: float,
    intercept: bool,
    balance: Balance | None,
) -> Linear:
    weight, bias = np.zeros((outputs, x.shape[1])), np.full(outputs, UNSEEN)
    seen = np.unique(y)
    if len(seen) == 1:
        bias[seen] = 0.0
        return Linear(weight, bias)
    model = _logistic(x, y, strength, intercept, None if balance is None else balance.weights[y])
    if len(seen) == 2:  # scikit-learn has one row of weights then, for the second class
        half = np.concatenate([-model.coef_, model.coef_]) / 2
        offset = np.broadcast_to(model.intercept_, 1)[0] / 2
        weight[seen], bias[seen] = half, [-offset, offset]
    else:
        weight[seen], bias[seen] = model.coef_, model.intercept_
    if balance is not None:  # the loss adds it, so that it is no part of the answer
        bias[seen] -= balance.shift[seen]
    return Linear(weight, bias if intercept else np.zeros(outputs))


def _fit_choices(x: Any, y: NDArray[Any], strength: float, intercept: bool) -> Linear:
    """By the differences of the right choice and each wrong one, and their negatives."""
    n, k = x.shape[:2]
    wrong = np.arange(k)[None] != y[:, None]
    differences = (x[np.arange(n), y][:, None] - x)[wrong]
    both = np.concatenate([differences, -differences])
    labels = np.repeat([1, 0], len(differences))
    model = _logistic(both, labels, strength / 2, False)
    return Linear(np.asarray(model.coef_), np.zeros(1))


def _fit_numbers(x: Any, y: NDArray[Any], strength: float, intercept: bool) -> Linear:
    model = Ridge(
        1 / strength, fit_intercept=intercept, solver="lsqr" if sparse.issparse(x) else "auto"
    )
    model.fit(x, y)
    return Linear(np.atleast_2d(model.coef_), np.broadcast_to(model.intercept_, 1).astype(float))


def _logistic(
    x: Any, y: NDArray[Any], strength: float, intercept: bool, weights: Floats | None = None
) -> Any:
    model = LogisticRegression(C=strength, fit_intercept=intercept, tol=1e-4, max_iter=300)
    return model.fit(x, y, sample_weight=weights)


_Fit = Callable[[Any, NDArray[Any], float, bool], Linear]
_FITS: dict[Target, _Fit] = {"choices": _fit_choices, "numbers": _fit_numbers}
