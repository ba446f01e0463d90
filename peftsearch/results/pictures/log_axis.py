"""Logarithmic axes of pictures, with a place for 0 at their lower end."""

from collections.abc import Iterable
from typing import Any

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from peftsearch.spaces.jobspec.objectives import Objective

from .axis_values import tell_tick, ticks

_BAND = "#f3f5f7"


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
    axis.set_major_formatter(FuncFormatter(lambda x, _: tell_tick(x, goal, zero)))
