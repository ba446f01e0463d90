"""Times that are not known exactly: what is likely, and between what they are in 9 of 10 cases."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

SHARE = 0.9
"""Of all cases that a range is to hold."""
NORMAL = 1.6449
"""Standard deviations to each side of the middle that hold that share of a normal variable."""


@dataclass(frozen=True)
class Range:
    """Seconds.

    Attributes:
        likely: In the middle: longer and shorter are as likely.
    """

    low: float
    likely: float
    high: float

    def times(self, factor: float) -> "Range":
        """So many times as long."""
        return Range(self.low * factor, self.likely * factor, self.high * factor)

    def holds(self, seconds: float) -> bool:
        """Whether it took as long as that."""
        return self.low <= seconds <= self.high


NO_TIME = Range(0.0, 0.0, 0.0)


def within_factor(likely: float, deviation: float, quantile: float = NORMAL) -> Range:
    """Of a time whose logarithm has that standard deviation."""
    factor = math.exp(min(quantile * deviation, 20.0))
    return Range(likely / factor, likely, likely * factor)


def add_ranges(parts: Iterable[Range]) -> Range:
    """Of times one after another that err apart: what lies to each side adds up as squares."""
    found = list(parts)
    likely = sum(x.likely for x in found)
    below = math.hypot(*(x.likely - x.low for x in found))
    above = math.hypot(*(x.high - x.likely for x in found))
    return Range(max(0.0, likely - below), likely, likely + above)
