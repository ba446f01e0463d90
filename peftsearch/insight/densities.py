"""Densities of one parameter over a grid, as PED-ANOVA wants them: Parzen estimators whose
bandwidth is Scott's, each with one kernel of a prior over the whole grid."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Counts = NDArray[np.int64]
Density = NDArray[np.float64]

STEPS = 50
"""Cells of the grid of a number."""
_NARROWEST = 0.5 / 1.64
"""Least bandwidth, in cells: 90 % of a kernel then lies in its own."""


def number_cells(values: Sequence[float | str], log: bool) -> tuple[Counts, int]:
    """Cell of each of `n` numbers, and the number of cells: `STEPS`, or one for each whole number
    where there are fewer; on a log scale, one for each doubling."""
    array = np.array(values, float)
    low, high = array.min(), array.max()
    cells = STEPS
    if all(isinstance(x, int) for x in values):
        span = high - low + 1
        cells = min(STEPS, int(np.ceil(np.log2(span)) + 1 if log else span))
    if log:
        array, low, high = np.log(array), np.log(low), np.log(high)
    places = np.ceil((array - low) / ((high - low) / (cells - 1)) - 0.5)
    return np.clip(places, 0, cells - 1).astype(np.int64), cells


def category_cells(values: Sequence[float | str]) -> tuple[Counts, int]:
    """Cell of each of `n` categories, and the number of distinct ones."""
    codes: dict[float | str, int] = {}
    cells = [codes.setdefault(value, len(codes)) for value in values]
    return np.array(cells), len(codes)


def number_density(counts: Counts) -> Density:
    """Probability of each of `g` ordered cells, given how many trials lie in each."""
    cells = np.flatnonzero(counts)
    weights = counts[cells]
    width = max(_bandwidth(cells, weights), _NARROWEST)
    middles = np.append(cells, (len(counts) - 1) / 2)
    widths = np.append(np.full(len(cells), width), len(counts))
    edges = np.arange(len(counts) + 1) - 0.5
    below = ndtr((edges - middles[:, None]) / widths[:, None])
    kernels = np.diff(below) / (below[:, -1:] - below[:, :1])
    return _mix(weights, kernels)


def _bandwidth(cells: Counts, weights: Counts) -> float:
    """Scott's rule, by the smaller of deviation and quartile distance."""
    total, cumulative = weights.sum(), weights.cumsum()
    mean = cells @ weights / total
    deviation = np.sqrt((cells - mean) ** 2 @ weights / max(1, total - 1))
    first = cells[np.searchsorted(cumulative, total // 4, side="left")]
    third = np.searchsorted(cumulative, total * 3 // 4, side="right")
    distance = cells[min(third, len(cells) - 1)] - first
    return float(1.059 * min(distance / 1.34, deviation) * total**-0.2)


def category_density(counts: Counts) -> Density:
    """Probability of each of `g` categories, given how many trials have each."""
    cells = np.flatnonzero(counts)
    kernels = np.full((len(cells) + 1, len(counts)), 1 / (len(cells) + 1))
    kernels[np.arange(len(cells)), cells] += 1
    return _mix(counts[cells], kernels / kernels.sum(1, keepdims=True))


def _mix(weights: Counts, kernels: NDArray[np.float64]) -> Density:
    """Mixture of `k` weighted kernels and a last one, the prior, of weight 1; `k + 1 x g`."""
    shares = np.append(weights, 1.0)
    density: Density = shares @ kernels / shares.sum()
    return density
