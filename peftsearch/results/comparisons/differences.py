"""A difference of two arms with its interval, and the parts of its variance."""

import math
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.special import stdtrit

LEVEL = 0.95


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
