"""Intervals of differences on the test split: by its rows and by the seeds of what is trained.

Values form a two-way layout of rows and seeds (`row_values`). Two arms answer the same rows, so
their difference has one variance by rows; seeds are drawn for each arm by itself. How often the
intervals hold is simulated by `python -m benchmarks.coverage`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import stdtrit

from .row_values import Score, pseudo_values

LEVEL = 0.95
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Mean of one arm minus another, with a two-sided interval.

    Attributes:
        error: Standard error; None where it is not known.
        level: Chance with which the interval holds.
        p_value: Two-sided, of no difference; None where it is not known.
    """

    mean: float
    low: float
    high: float
    error: float | None = None
    level: float = LEVEL
    p_value: float | None = None

    @property
    def resolved(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0

    @property
    def width(self) -> float:
        """From end to end."""
        return self.high - self.low

    @property
    def errors(self) -> float | None:
        """The mean in standard errors, without its sign; None where nothing tells them."""
        return abs(self.mean) / self.error if self.error else None

    def to_json(self) -> dict[str, float | None]:
        """As plain data."""
        ends = {"mean": self.mean, "low": self.low, "high": self.high}
        return ends | {"standard_error": self.error, "p_value": self.p_value}


@dataclass(frozen=True)
class Components:
    """A mean with the two parts of its variance.

    Attributes:
        rows: Variance by which rows the test split has.
        seeds: Variance by how trainings differ, beyond what the rows say of it.
        rows_freedom: Degrees of freedom of the first.
        seeds_freedom: Of the second; infinite where nothing has seeds.
        usual: Variance by seeds that other arms suggest, below which none is believed; 0 without.
        usual_freedom: Its degrees of freedom.
    """

    mean: float
    rows: float
    seeds: float = 0.0
    rows_freedom: float = math.inf
    seeds_freedom: float = math.inf
    usual: float = 0.0
    usual_freedom: float = math.inf

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return math.sqrt(self.rows + self.seeds)

    def half_width(self, tail: float) -> float:
        """Of the interval that fails at each side with chance `tail`: the root of the summed
        squares of the two half-widths, each by its own t quantile (Howe, 1974)."""
        own = _square(self.seeds, self.seeds_freedom, tail)
        usual = _square(self.usual, self.usual_freedom, tail)
        return math.sqrt(_square(self.rows, self.rows_freedom, tail) + max(own, usual))

    @property
    def p_value(self) -> float:
        """The smallest chance of failure of an interval that excludes 0."""
        reach = abs(self.mean)
        if not self.mean or not self.error:
            return 1.0 if not self.mean else 0.0
        if self.half_width(_LEAST) <= reach:
            return 2 * _LEAST
        return 2 * float(brentq(lambda x: self.half_width(x) - reach, _LEAST, 0.5))

    def interval(self, level: float = LEVEL) -> Difference:
        """The difference as it is told."""
        half = self.half_width((1 - level) / 2)
        ends = self.mean - half, self.mean + half
        return Difference(self.mean, *ends, self.error, level, self.p_value)


_LEAST = 1e-12


def _square(variance: float, freedom: float, tail: float) -> float:
    """Of the half-width that one part has by itself."""
    return variance * float(stdtrit(freedom, 1 - tail)) ** 2 if variance else 0.0


def compare_values(left: Values, right: Values | None = None, counted: bool = False) -> Components:
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
    """
    arms = [left] if right is None else [left, right]
    rows = left.mean(axis=1) - (0.0 if right is None else right.mean(axis=1))
    found = [_seed_variance(x) for x in arms]
    total = sum(raw for raw, _ in found)
    own = max(0.0, total - sum(shared for _, shared in found))
    parts = sum(raw**2 / (x.shape[1] - 1) for (raw, _), x in zip(found, arms, strict=True) if raw)
    freedom = total**2 / parts if parts else math.inf
    parted = _row_variance(rows, counted), own, len(rows) - 1, freedom
    return Components(float(rows.mean()), *parted)


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
