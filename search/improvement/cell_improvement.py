"""Expected hypervolume improvement in closed form, of several exact and several uncertain goals.

What a configuration of values y adds to a front is the volume of all open cells below y
(`search.improvement.cells`): of a cell from l to u the product over the goals of
max(0, min(y, u) - l). Given a draw of the front, goals are independent, each known exactly or as
N(mu, sigma^2), so that the expectation of the product is that of its factors: of an uncertain goal
EI(l) - EI(u) with EI(t) = E max(0, y - t). qNEHVI (Daulton et al., arXiv 2105.08195) estimates the
same by draws of y; here it has no such noise. As a logarithm, as in qLogNEHVI (Ament et al., arXiv
2310.20708), even hopeless candidates have an order.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from .acquisition import log_improvement, log_sum
from .cells import Cells

Matrix = NDArray[np.float64]
Moments = tuple[Matrix, Matrix]
"""Mean and variance of `k` candidates, given a draw."""

_CELLS = 1_000_000
"""Candidates times cells that are held in memory at once."""
_LEAST_VARIANCE = 1e-200
"""In place of 0, which a forest has of what all of its trees know exactly."""


def log_gain(cells: Cells, exact: Matrix, uncertain: Mapping[int, Moments]) -> Matrix:
    """Logarithm of the expected gain of `k` candidates.

    Args:
        cells: What the front of the draw leaves open, `c` of `d` goals.
        exact: Values of the goals that are known, `k x d`; columns of others are not read.
        uncertain: By column, the others.

    Returns:
        `k`; minus infinity where nothing can be gained.
    """
    size = max(1, _CELLS // len(cells.lower))
    parts = [np.empty(0)]
    for begin in range(0, len(exact), size):
        rows = slice(begin, begin + size)
        chunk = {i: (mean[rows], variance[rows]) for i, (mean, variance) in uncertain.items()}
        parts.append(log_sum(_log_volumes(cells, exact[rows], chunk), axis=1))
    return np.concatenate(parts)


def _log_volumes(cells: Cells, exact: Matrix, uncertain: Mapping[int, Moments]) -> Matrix:
    """`k x c`."""
    total = np.zeros((len(exact), len(cells.lower)))
    for column, (low, high) in enumerate(zip(cells.lower.T, cells.upper.T, strict=True)):
        if column in uncertain:
            total += _log_expected(low, high, *uncertain[column])
        else:
            widths = np.minimum(exact[:, column, None], high) - low
            with np.errstate(divide="ignore"):
                total += np.log(np.maximum(widths, 0.0))
    return total


def _log_expected(low: Matrix, high: Matrix, mean: Matrix, variance: Matrix) -> Matrix:
    """log E of max(0, min(y, high) - low), `k x c`. Cells share their few edges."""
    edges, places = np.unique(np.concatenate([low, high]), return_inverse=True)
    sigma = _deviation(variance)[:, None]
    finite = edges[np.isfinite(edges)]
    logs = np.full((len(mean), len(edges)), -np.inf)
    logs[:, : len(finite)] = log_improvement((mean[:, None] - finite) / sigma) + np.log(sigma)
    below, above = logs[:, places[: len(low)]], logs[:, places[len(low) :]]
    # Rounding may leave no difference far out, where both are as good as nothing, or are nothing.
    with np.errstate(invalid="ignore"):
        gap = np.fmin(above - below, -1e-12)
    expected: Matrix = below + np.log1p(-np.exp(gap))
    return expected


def log_feasible(limits: Sequence[tuple[float, Moments]]) -> Matrix | float:
    """Logarithm of the probability that `k` candidates meet all limits, each a least value of a
    maximised goal."""
    found: Matrix | float = sum(
        (log_ndtr((mean - limit) / _deviation(variance)) for limit, (mean, variance) in limits),
        0.0,
    )
    return found


def _deviation(variance: Matrix) -> Matrix:
    found: Matrix = np.sqrt(np.maximum(variance, _LEAST_VARIANCE))
    return found
