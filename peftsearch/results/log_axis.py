"""Logarithmic axes of pictures, with a place for 0 at their lower end."""

import math
from collections.abc import Iterable
from typing import Any

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from peftsearch.spaces.jobspec.objectives import Objective

from .wording import amount

_BAND = "#f3f5f7"
_NARROW = 0.5
"""Decades of less have room for ticks at more of their values."""
_FEW = 3.0
"""Decades that have room for ticks at 1 and 3 on a narrow axis."""


def zero_position(values: Iterable[float]) -> float:
    """Where 0 is drawn: half a decade below the smallest value."""
    return min((value for value in values if value > 0), default=1.0) / 10**0.5


def dress_with_zero(
    axes: Any, which: str, zero: float, goal: Objective, narrow: bool = False
) -> None:
    """Make the axis `which`, `x` or `y`, logarithmic, with a grey band around 0."""
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(zero / 1.6)
    span = axes.axvspan if which == "x" else axes.axhspan
    span(zero / 1.6, zero * 1.25, color=_BAND, zorder=0)
    highest = getattr(axes, f"get_{which}lim")()[1]
    places = [zero, *ticks(zero * 1.5, highest, narrow)]
    write_ticks(getattr(axes, f"{which}axis"), places, goal, zero)


def write_ticks(axis: Any, places: Iterable[float], goal: Objective, zero: float = 0.0) -> None:
    """Ticks at these places alone; what is not above `zero` is called 0."""
    axis.set_minor_locator(NullLocator())
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FuncFormatter(lambda x, _: _tick(x, goal, zero)))


def ticks(low: float, high: float, narrow: bool = False) -> list[float]:
    """1 and 3 of each decade between two values; more where there is less than one."""
    width = math.log10(high / low)
    scales: tuple[float, ...] = (1, 1.5, 2, 3, 4, 5, 6, 8) if width < _NARROW else (1, 2, 3, 5)
    if width >= 1:
        scales = (1,) if narrow and width > _FEW else (1, 3)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [scale * 10.0**decade for decade in decades for scale in scales]
    return [value for value in values if low < value <= high]


def _tick(value: float, goal: Objective, zero: float) -> str:
    """`30k`, `300 KB` and the like."""
    if value <= zero:
        return "0"
    if goal.style in ("size", "duration"):
        return amount(goal.name, value)
    for unit, scale in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{value / scale:g}{unit}"
    return f"{value:g}"
