"""The frame of a panel: where its axes stand, and what they span."""

from dataclasses import dataclass

from markupsafe import Markup

from peftsearch.spaces.jobspec.objectives import Objective

from . import svg
from .fronts import Front
from .scales import Scale, make_scale


@dataclass(frozen=True)
class Frame:
    """Where the axes stand, in pixels; `roomy` where names of lines stand beside the panel."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    roomy: bool


_FAR = 0.6
"""Spans of the front below it, where the axis ends."""
WIDE = Frame(720, 420, 62, 594, 62, 366, True)
NARROW = Frame(340, 350, 56, 332, 66, 298, False)


def find_scales(
    front: Front, x: Objective, y: Objective, frame: Frame, by_quality: bool
) -> tuple[Scale, Scale]:
    """Across and up: of all that has both values, but for collapsed runs and floors far below."""
    known = [z for z in [*front["others"], *front["sweep"]] if {x.name, y.name} <= z.keys()]
    places = [z[x.name] for z in [*(row["values"] for row in front["rows"]), *known]]
    heights = [row["values"][y.name] for row in front["rows"]]
    beside = [z[y.name] for z in known]
    if by_quality:
        heights = _add_quality(heights, beside, front, y)
    else:
        heights += beside
    ends = frame.bottom, frame.top
    upwards = ends if y.maximise or not by_quality else ends[::-1]
    across = make_scale(x, places, frame.left + 6, frame.right - 6)
    return across, make_scale(y, heights, *upwards)


def _add_quality(
    heights: list[float], beside: list[float], front: Front, goal: Objective
) -> list[float]:
    """With the ends of the errors, the best floor, and what is not far below these."""
    for row in [*front["rows"], *([] if front["beside"] is None else [front["beside"]])]:
        value, error = row["values"][goal.name], row["standard_error"] or 0.0
        heights += [value - error, value + error]
    floors = [floor["value"] for floor in front["floors"]]
    heights += floors[:1]
    span = max(heights) - min(heights) or abs(max(heights)) or 1.0
    bottom = min(map(goal.signed, heights)) - _FAR * span
    return heights + [z for z in (*beside, *floors) if goal.signed(z) >= bottom]


def draw_axes(across: Scale, up: Scale, frame: Frame) -> list[Markup]:
    """Lines, ticks and names."""
    parts = []
    for place, said in up.ticks(22):
        parts.append(svg.line(frame.left, place, frame.right, place, "grid"))
        parts.append(svg.text(frame.left - 8, place, said, "tick", "end"))
    for place, said in across.ticks(36 if frame.roomy else 46):
        parts.append(svg.line(place, frame.bottom, place, frame.bottom + 4, "rule"))
        parts.append(svg.text(place, frame.bottom + 15, said, "tick"))
    parts.append(svg.line(frame.left, frame.bottom, frame.right, frame.bottom, "rule"))
    name = f"{_name(across.goal)} ({_better(across.goal)})"
    parts.append(svg.text(frame.right, frame.bottom + 38, name, "name", "end"))
    parts.append(svg.text(4, 12, f"{_name(up.goal)} ({_better(up.goal)})", "name", "start"))
    return parts


def _name(goal: Objective) -> str:
    """With its unit, but where each tick has it."""
    return goal.scaled_heading


def _better(goal: Objective) -> str:
    return "more is better" if goal.maximise else "less is better"
