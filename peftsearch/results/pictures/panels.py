"""A front of more than two objectives: a panel for each pair, and a further one as colour."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from peftsearch.records.estimates import Estimate
from peftsearch.records.preparation import Floor
from peftsearch.records.trial import Trial
from peftsearch.results.picks.rules import PROPOSED_WORDS, find_one_se
from peftsearch.results.standing.floor_words import short_name
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .axis_values import lower_end, ticks, zero_position
from .log_axis import dress_with_zero, write_ticks
from .marks import BELOW, OFF_FRONT

Estimates = Sequence[Estimate[Trial]]

_COLUMNS = 3
_INK, _QUIET, _FLOOR, _COLOURS = "#1f2933", "#d5dade", "#a15c00", "viridis"
_AT_RIGHT = ("axes fraction", "data")
_KEY = f"numbers: rows below    ring: {PROPOSED_WORDS}    grey: {OFF_FRONT}, triangles: {BELOW}"


def make_panels(
    members: Estimates,
    others: Estimates,
    spec: JobSpec,
    floors: Sequence[Floor],
    figure: Figure | None = None,
) -> Figure:
    """All pairs of the goals.

    Args:
        members: The front, ascending by cost, not empty.
        others: What is not on it, drawn quietly where it has both values.
        floors: The best one's quality is a line in the panels that show the quality.
        figure: An empty one to draw into, which is given its size; None makes one.
    """
    pairs = [(x, y) for y, x in combinations(map(objective, spec.goals), 2)]
    rows = -(-len(pairs) // _COLUMNS)
    figure = figure or Figure(layout="constrained")
    figure.set_size_inches(5.2 * _COLUMNS, 4.4 * rows)
    figure.set_dpi(130)
    figure.suptitle(f"{spec.name}: Pareto front", x=0.01, ha="left", fontweight="bold")
    figure.text(0.995, 0.99, _KEY, ha="right", va="top", fontsize=9, color=_INK)
    for i, (x, y) in enumerate(pairs, 1):
        colour = next(z for z in map(objective, spec.goals) if z not in (x, y))
        axes = figure.add_subplot(rows, _COLUMNS, i)
        by_quality = y.name == spec.task.quality
        best = floors[:1] if by_quality else ()
        end = _end(members, others, best, y) if by_quality else None
        _draw_panel(axes, members, others, (x, y, colour), spec, end)
        for floor in best:
            _draw_floor(axes, floor, y)
        if end is not None:
            axes.set_ylim(*((end, None) if y.maximise else (None, -end)))
    return figure


def _end(members: Estimates, others: Estimates, best: Sequence[Floor], goal: Objective) -> float:
    known = [x for x in others if goal.name in x.values]
    held = [goal.signed(floor.measurements[goal.name]) for floor in best]
    return lower_end(members, known, goal, held)


def _draw_floor(axes: Any, floor: Floor, goal: Objective) -> None:
    value = floor.measurements[goal.name]
    axes.axhline(value, color=_FLOOR, linewidth=1.0, linestyle="--", alpha=0.8, zorder=1.8)
    style = {"fontsize": 8, "color": _FLOOR, "va": "bottom" if goal.maximise else "top"}
    place = (0.99, value)
    axes.annotate(short_name(floor), place, xycoords=_AT_RIGHT, ha="right", **style)


def _draw_panel(
    axes: Any,
    members: Estimates,
    others: Estimates,
    goals: tuple[Objective, Objective, Objective],
    spec: JobSpec,
    end: float | None,
) -> None:
    """Of a panel of the quality `end` is where its axis ends below, maximised."""
    x, y, colour = goals
    quiet = [z for z in others if x.name in z.values and y.name in z.values]
    shown = [*members, *quiet]
    zeros = [zero_position(z.values[goal.name] for z in shown) for goal in (x, y)]

    beyond = [] if end is None else [z for z in quiet if y.signed(z.values[y.name]) < end]
    far = {z.key for z in beyond}
    quiet = [z for z in quiet if z.key not in far]

    def places(those: Estimates) -> list[list[float]]:
        return [
            [max(z.values[goal.name], zero) if goal.logarithmic else z.values[goal.name]
             for z in those]
            for goal, zero in zip((x, y), zeros, strict=True)
        ]  # fmt: skip

    axes.scatter(*places(quiet), s=22, c=_QUIET, zorder=2)
    if beyond and end is not None:
        edge, marker = [y.signed(end)] * len(beyond), "v" if y.maximise else "^"
        style = {"marker": marker, "zorder": 2, "clip_on": False}
        axes.scatter(places(beyond)[0], edge, s=22, c=_QUIET, **style)
    values = [z.values[colour.name] for z in members]
    scale = _scale(values, colour)
    found = places(members)
    axes.scatter(*found, s=52, c=values, norm=scale, cmap=_COLOURS, edgecolors="white", zorder=4)
    marked = find_one_se(members, spec)
    ring = {"s": 150, "facecolors": "none", "edgecolors": _INK}
    axes.scatter(found[0][marked], found[1][marked], zorder=5, **ring)
    _number(axes, found)
    axes.margins(0.07, 0.1)
    for which, goal, zero in zip("xy", (x, y), zeros, strict=True):
        _dress(axes, which, goal, zero if any(z.values[goal.name] == 0 for z in shown) else 0.0)
    _draw_bar(axes, scale, colour)


def _draw_bar(axes: Any, scale: Any, goal: Objective) -> None:
    """Named above, where no axis of the next panel is near."""
    bar = axes.figure.colorbar(ScalarMappable(scale, _COLOURS), ax=axes, pad=0.02)
    if goal.logarithmic:
        write_ticks(bar.ax.yaxis, ticks(scale.vmin, scale.vmax, narrow=True), goal)
    bar.ax.tick_params(labelsize=8)
    axes.set_title(f"colour: {_name(goal)}", loc="right", fontsize=9, color=_INK)
    bar.outline.set_visible(False)


def _scale(values: Sequence[float], goal: Objective) -> Any:
    """Colours over the front's values, of costs as logarithms; 0 has the darkest."""
    if not goal.logarithmic:
        return Normalize(min(values), max(values))
    low = zero_position(values) if min(values) == 0 else min(values)
    return LogNorm(low, max(*values, low * 1.01), clip=True)


def _number(axes: Any, places: Sequence[Sequence[float]]) -> None:
    """Rows of the front beside its points."""
    style = {"ha": "center", "fontsize": 8, "fontweight": "bold", "color": _INK}
    for i, place in enumerate(zip(*places, strict=True), 1):
        axes.annotate(str(i), place, xytext=(0, 7), textcoords="offset points", **style)


def _dress(axes: Any, which: str, goal: Objective, zero: float) -> None:
    """Of an axis without zeros `zero` is 0."""
    if zero:
        dress_with_zero(axes, which, zero, goal, narrow=True)
    elif goal.logarithmic:
        getattr(axes, f"set_{which}scale")("log")
        low, high = getattr(axes, f"get_{which}lim")()
        write_ticks(getattr(axes, f"{which}axis"), ticks(low, high, narrow=True), goal)
    getattr(axes, f"set_{which}label")(_title(goal))
    axes.grid(axis=which, color="#e6eaee", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def _title(goal: Objective) -> str:
    return f"{_name(goal)}, {'more' if goal.maximise else 'less'} is better"


def _name(goal: Objective) -> str:
    """With its unit, but where each tick has it."""
    return goal.scaled_heading
