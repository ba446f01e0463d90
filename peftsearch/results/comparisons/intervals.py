"""Intervals of differences on the test split: by its rows and by the seeds of what is trained.

Values form a two-way layout of rows and seeds (`row_values`). Two arms answer the same rows, so
their difference has one variance by rows; seeds are drawn for each arm by itself. How often the
intervals hold is simulated by `python -m benchmarks.coverage`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .differences import LEVEL, Components, Difference
from .row_values import Score, pseudo_values

Values = NDArray[np.float64]


def compare_values(
    left: Values, right: Values | None = None, counted: bool = False, step: float = 0.0
) -> Components:
    """The mean of one arm's values minus another's.

    The variance by rows is that of the rows' differences, which holds its share of how seeds and
    rows interact; from the variance of the seeds' means that share is taken off, no further than
    to 0. Degrees of freedom of two arms' seeds: Satterthwaite (1946).

    Args:
        left: `n x s`, rows by seeds.
        right: `n x t`, of the same rows; None compares with 0.
        counted: Whether a value says if a row is right. Half a row is added then to each of the
            four ways in which both may be right or wrong (Agresti and Min, 2005): that a few rows
            are answered alike is no certainty.
        step: What one row more or less is worth, below which no standard error by rows is
            believed: the same of what is not counted.
    """
    arms = [left] if right is None else [left, right]
    rows = left.mean(axis=1) - (0.0 if right is None else right.mean(axis=1))
    found = [_seed_variance(x) for x in arms]
    total = sum(raw for raw, _ in found)
    own = max(0.0, total - sum(shared for _, shared in found))
    parts = sum(raw**2 / (x.shape[1] - 1) for (raw, _), x in zip(found, arms, strict=True) if raw)
    freedom = total**2 / parts if parts else math.inf
    parted = max(_row_variance(rows, counted), step**2), own, len(rows) - 1, freedom
    means = [float(x.sum() / x.size) for x in arms]  # equal shares of rows differ by 0 exactly
    return Components(means[0] - sum(means[1:]), *parted)


def usual_variance(arms: Sequence[Values]) -> tuple[float, float]:
    """Variance by seeds of one arm's mean, as the mean of all `k` arms, and its degrees of
    freedom; of three seeds alone it may be found near 0 by luck."""
    found = [_seed_variance(x) for x in arms]
    own = sum(raw - shared for raw, shared in found) / len(found)
    return max(0.0, own), sum(x.shape[1] - 1 for x in arms)


def _row_variance(rows: Values, counted: bool) -> float:
    """Of the mean of `n` rows' values."""
    n = len(rows)
    if counted:
        n += 2
        return float((rows @ rows + 1 - rows.sum() ** 2 / n) / n**2)
    return float(rows.var(ddof=1) / n)


def _seed_variance(values: Values) -> tuple[float, float]:
    """Of the mean of `s` seeds: by how their means differ, and how much of that is seeds and rows
    in interaction; nothing of one seed."""
    n, seeds = values.shape
    if seeds == 1:
        return 0.0, 0.0
    means = values.mean(axis=0)
    rest = values - values.mean(axis=1, keepdims=True) - (means - means.mean())
    shared = float((rest**2).sum() / ((n - 1) * (seeds - 1)))
    return float(means.var(ddof=1) / seeds), shared / (n * seeds)


def paired_difference(
    left: Sequence[NDArray[Any]],
    right: Sequence[NDArray[Any]],
    references: NDArray[Any],
    score: Score,
    level: float = LEVEL,
) -> Difference:
    """Difference of two arms' mean metric over seeds, whatever the metric.

    Args:
        left: Predictions of each of the arm's `s` seeds, `n` or `n x classes` each.
        right: As `left`, for the arm that is subtracted.
        references: The `n` labels.
        score: The metric.
    """
    values = [pseudo_values(arm, references, score) for arm in (left, right)]
    return compare_values(values[0], values[1]).interval(level)
