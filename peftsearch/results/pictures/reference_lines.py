"""Horizontal lines of a picture, each named at its right end, where no point is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_COLOURS: Mapping[str, str] = {"floor": "#a15c00", "probe": "#6b7680"}
_FONT = 8.5
_GAP = 1.35 * _FONT
"""Points between the middles of two names."""


@dataclass(frozen=True)
class Line:
    """A value that a front is compared with."""

    value: float
    name: str
    kind: Literal["floor", "probe"]


def draw_lines(
    axes: Any,
    lines: Sequence[Line],
    signed: Callable[[float], float] = lambda x: x,
    end: float | None = None,
) -> None:
    """Draw lines over the whole width, with names that do not cover each other.

    Args:
        axes: Of Matplotlib, with all else drawn, so that its scale is known.
        signed: From a value to its height, where less may be better.
        end: The value at which the axis ends below; None leaves that open.
    """
    for line in lines:
        style = {"color": _COLOURS[line.kind], "linewidth": 1.0, "linestyle": "--", "alpha": 0.8}
        axes.axhline(line.value, zorder=1.8, **style)
    low, high = axes.get_ylim()
    axes.set_ylim(low if end is None else end, high)
    height = axes.get_window_extent().height * 72 / axes.figure.dpi
    ordered = sorted(lines, key=lambda line: signed(line.value))
    ends = [
        axes.transAxes.inverted().transform(axes.transData.transform((1, x.value)))[1]
        for x in ordered
    ]
    for line, end, place in zip(
        ordered, ends, spread([x * height for x in ends], _GAP), strict=True
    ):
        axes.annotate(
            line.name,
            (1, line.value),
            xycoords=("axes fraction", "data"),
            xytext=(6, place - end * height),
            textcoords="offset points",
            va="center",
            fontsize=_FONT,
            color=_COLOURS[line.kind],
            annotation_clip=False,
        )


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Ascending places at least `gap` apart, each near where it was.

    Places that are too close stand around their common middle.
    """
    groups: list[tuple[float, int]] = []
    """Middle and size of each run of places that stand `gap` apart."""
    for place in places:
        middle, size = place, 1
        while groups and middle - groups[-1][0] < gap * (size + groups[-1][1]) / 2:
            before, count = groups.pop()
            middle = (before * count + middle * size) / (count + size)
            size += count
        groups.append((middle, size))
    return [middle + gap * (i - (size - 1) / 2) for middle, size in groups for i in range(size)]
