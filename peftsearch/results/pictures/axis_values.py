"""Where the axes of a front's pictures end, and where their ticks are; whoever draws them."""

import math
from collections.abc import Iterable, Sequence

from peftsearch.records.estimates import Valued
from peftsearch.results.wording import amount, with_minus
from peftsearch.spaces.jobspec.objectives import Objective

_NARROW = 0.5
"""Decades of less have room for ticks at more of their values."""
_PAD = 0.06
"""Of the span of what an axis shows, free at its lower end."""
_FEW = 3.0
"""Decades that have room for ticks at 1 and 3 on a narrow axis."""


def zero_position(values: Iterable[float]) -> float:
    """Where 0 is drawn on a logarithmic axis: half a decade below the smallest value."""
    return min((value for value in values if value > 0), default=1.0) / 10**0.5


def lower_end(
    members: Sequence[Valued],
    others: Sequence[Valued],
    goal: Objective,
    held: Iterable[float],
) -> float:
    """Where the axis of a quality ends below, maximised; what lies below it has a mark there.

    Collapsed runs alone do not lead it far below the front, which they would press into a thin
    band.

    Args:
        members: The front, not empty.
        others: What is not on it and has the quality.
        held: Further values, maximised, that the axis must reach.
    """
    front = [goal.signed(x.values[goal.name]) for x in members]
    far = min(front) - 0.4 * (max(front) - min(front) or 1.0)
    known = [*front, *held, *(max(goal.signed(x.values[goal.name]), far) for x in others)]
    return min(known) - _PAD * (max(known) - min(known) or 1.0)


def ticks(low: float, high: float, narrow: bool = False) -> list[float]:
    """1 and 3 of each decade between two values; more where there is less than one."""
    width = math.log10(high / low)
    scales: tuple[float, ...] = (1, 1.5, 2, 3, 4, 5, 6, 8) if width < _NARROW else (1, 2, 3, 5)
    if width >= 1:
        scales = (1,) if narrow and width > _FEW else (1, 3)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [scale * 10.0**decade for decade in decades for scale in scales]
    return [value for value in values if low < value <= high]


def tell_tick(value: float, goal: Objective, zero: float = 0.0) -> str:
    """`30k`, `300 KB` and the like; what is not above `zero` is called 0."""
    if value <= zero:
        return "0"
    if goal.style in ("size", "duration"):
        return amount(goal.name, value)
    for unit, scale in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{value / scale:g}{unit}"
    return with_minus(f"{value:g}")
