"""From values of an objective to places along an axis, and where its ticks are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from peftsearch.results.pictures.axis_values import tell_tick, ticks, zero_position
from peftsearch.spaces.jobspec.objectives import Objective

_PAD = 0.07
"""Of the span, beyond the last values."""
_TICKS = 5


@dataclass(frozen=True)
class Scale:
    """One axis.

    Attributes:
        low: Value at `start`.
        high: Value at `end`.
        zero: Where 0 stands on a logarithmic axis; 0 where none is shown, and of a linear one.
        start: In pixels, as is `end`; either may be the larger.
    """

    goal: Objective
    low: float
    high: float
    zero: float
    start: float
    end: float

    def holds(self, value: float) -> bool:
        """Whether it lies within both ends."""
        return self.low <= value <= self.high

    def place(self, value: float) -> float:
        """In pixels; what lies beyond an end stands at it."""
        if self.goal.logarithmic:
            value = max(value, self.zero or self.low)
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self, gap: float) -> list[tuple[float, str]]:
        """Places and texts, no two of them nearer than `gap` pixels."""
        places: list[tuple[float, str]] = []
        for value in self._values():
            place = self.place(value)
            if all(abs(place - x) >= gap for x, _ in places):
                places.append((place, tell_tick(value, self.goal, self._nothing)))
        return places

    @property
    def _nothing(self) -> float:
        """What is called 0; of scores nothing but 0 is, and they may be negative."""
        return self.zero if self.goal.logarithmic else -math.inf

    def _values(self) -> list[float]:
        if not self.goal.logarithmic:
            return _round_values(self.low, self.high)
        known = ticks(max(self.low, self.zero * 1.5), self.high, narrow=True)
        return [*([self.zero] if self.zero else []), *known] or [self.low, self.high]


def make_scale(goal: Objective, values: Sequence[float], start: float, end: float) -> Scale:
    """An axis on which all values have a place.

    Args:
        values: At least one.
    """
    low, high = min(values), max(values)
    if not goal.logarithmic:
        pad = _PAD * (high - low) or 0.05 * abs(high) or 1.0
        return Scale(goal, low - pad, high + pad, 0.0, start, end)
    zero = zero_position(values) if low <= 0 else 0.0
    least = zero or low
    return Scale(goal, least / 1.5, max(high, least) * 1.5, zero, start, end)


def _round_values(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten: some five of them."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(x * power for x in (1, 2, 5, 10) if x * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{i * step:.10g}") for i in range(first, last + 1)]
