"""The front as a picture: quality against cost, the front as steps, the rest quiet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from peftsearch.errors import UserError
from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.records.preparation import BASE, Floor
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.sampling_errors import standard_error
from peftsearch.results.picks.pick import empty_front
from peftsearch.results.picks.rules import PROPOSED_WORDS, find_one_se
from peftsearch.results.standing.floor_words import floor_json
from peftsearch.results.wording import cell, describe
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .axis_values import lower_end, zero_position
from .log_axis import dress_with_zero
from .marks import BELOW, OFF_FRONT
from .panels import make_panels
from .reference_lines import Line, draw_lines

Estimates = Sequence[Estimate[Trial]]

_INK, _QUIET, _ACCENT = "#1f2933", "#b8c0c8", "#0b6e99"
_SUFFIXES = (".png", ".pdf", ".svg", ".eps", ".jpg", ".jpeg", ".webp")


def check_picture(path: Path) -> None:
    """Before the work whose front it is to show.

    Raises:
        UserError: No such format can be drawn, or its folder is not there.
    """
    if path.suffix.lower() not in _SUFFIXES:
        expected = f"a picture that ends in {', '.join(_SUFFIXES)}"
        raise UserError(expected, repr(str(path)), "choose another file")
    if not path.parent.is_dir():
        expected, got = f"a writable file {str(path)!r}", f"no folder {str(path.parent)!r}"
        raise UserError(expected, got, "make the folder, or choose another file")


def draw_front(
    members: Estimates,
    trials: Sequence[Trial],
    spec: JobSpec,
    path: Path,
    floors: Sequence[Floor] = (),
) -> Path:
    """Write the picture.

    Args:
        members: The front, ascending by cost.
        trials: All trials of the job; completed ones off the front are drawn quietly.
        floors: Baselines without adapters, the best first; a line each.

    Raises:
        UserError: The file cannot be written, or the front is empty.
    """
    check_picture(path)
    figure = make_figure(members, trials, spec, floors)
    _tell_members(figure, members, spec, floors)
    try:
        figure.savefig(path, bbox_inches="tight", pad_inches=0.25)
    except OSError as error:
        raise UserError(
            f"a writable file {str(path)!r}", str(error), "choose another file"
        ) from error
    return path


def make_figure(
    members: Estimates, trials: Sequence[Trial], spec: JobSpec, floors: Sequence[Floor]
) -> Figure:
    """The picture, without what its points are; arguments as of `draw_front`.

    Raises:
        UserError: The front is empty.
    """
    figure = Figure(layout="constrained")
    plot_front(figure, members, trials, spec, floors)
    return figure


def plot_front(
    figure: Figure,
    members: Estimates,
    trials: Sequence[Trial],
    spec: JobSpec,
    floors: Sequence[Floor],
    axes: Any = None,
) -> Any:
    """Draw into a figure: quality upwards and cost to the right, or of more objectives a panel
    for each pair; the first axes.

    Args:
        axes: Of the figure, to draw the one panel into; None gives the figure its size and axes.

    Raises:
        UserError: The front is empty, or has more objectives than one panel shows.
    """
    if not members:
        raise empty_front(estimate_each(trials), spec)
    keys = {member.key for member in members}
    others = [member for member in estimate_each(trials) if member.key not in keys]
    if len(spec.goals) > 2 and axes is not None:
        got = f"{len(spec.goals)} objectives"
        raise UserError("a front of two objectives for one panel", got, "leave out ax")
    if len(spec.goals) > 2:
        return make_panels(members, others, spec, floors, figure).axes[0]
    if axes is None:
        _size(figure)
        axes = figure.add_subplot()
    _draw_steps(axes, members, others, spec, floors)
    return axes


def _size(figure: Figure) -> None:
    figure.set_size_inches(9.6, 6.0)
    figure.set_dpi(150)


def _draw_steps(
    axes: Any, members: Estimates, others: Estimates, spec: JobSpec, floors: Sequence[Floor]
) -> None:
    goal = objective(spec.task.quality)
    zero = zero_position(x.values[spec.objectives.cost] for x in (*members, *others))
    end = _end(members, others, floors, spec)
    _draw_points(axes, members, others, spec, zero, end)
    _number_points(axes, members, spec, zero)
    _dress(axes, spec, zero)
    draw_lines(axes, _find_lines(members, floors, spec, end), goal.signed, goal.signed(end))


def _cost(member: Estimate[Trial], spec: JobSpec, zero: float) -> float:
    return max(member.values[spec.objectives.cost], zero)


def _draw_points(
    axes: Any, members: Estimates, others: Estimates, spec: JobSpec, zero: float, end: float
) -> None:
    goal = objective(spec.task.quality)
    quality = goal.name
    height = {x.key: goal.signed(x.values[quality]) for x in others}
    for name, marker, shown in (
        (OFF_FRONT, "o", [x for x in others if height[x.key] >= end]),
        (BELOW, "v", [x for x in others if height[x.key] < end]),
    ):
        if shown:
            costs = [_cost(x, spec, zero) for x in shown]
            heights = [goal.signed(max(height[x.key], end)) for x in shown]
            style = {"marker": marker, "label": name, "zorder": 2, "clip_on": False}
            axes.scatter(costs, heights, s=28, c=_QUIET, **style)
    x = [_cost(member, spec, zero) for member in members]
    y = [member.values[quality] for member in members]
    axes.step(x, y, where="post", color=_ACCENT, linewidth=1.4, alpha=0.6, zorder=3)
    axes.scatter(x, y, s=46, color=_ACCENT, label="Pareto front", zorder=4)
    axes.errorbar(
        x, y, yerr=_errors(members, spec), fmt="none", ecolor=_ACCENT, alpha=0.45, zorder=3
    )
    marked = find_one_se(members, spec)
    ring = {"s": 170, "facecolors": "none", "edgecolors": _INK}
    axes.scatter(x[marked], y[marked], label="proposed", zorder=5, **ring)


def _errors(members: Estimates, spec: JobSpec) -> list[float]:
    return [standard_error(member, spec) or 0.0 for member in members]


def _end(members: Estimates, others: Estimates, floors: Sequence[Floor], spec: JobSpec) -> float:
    """Where the axis ends below, maximised: under every bar and the best floor."""
    goal = objective(spec.task.quality)
    both = zip(members, _errors(members, spec), strict=True)
    held = [goal.signed(member.values[goal.name]) - error for member, error in both]
    held += [goal.signed(floor.measurements[goal.name]) for floor in floors[:1]]
    return lower_end(members, others, goal, held)


def _find_lines(
    members: Estimates, floors: Sequence[Floor], spec: JobSpec, end: float
) -> list[Line]:
    """What the front must beat: the floors, and the probe, the cheapest member wherever it ran.

    A floor that lies below the axis is left out; the probe of a language model is a floor already.
    """
    goal = objective(spec.task.quality)
    values = [(floor, floor.measurements[goal.name]) for floor in floors]
    lines = [
        Line(value, floor_json(floor, spec)["short"], "floor")
        for floor, value in values
        if goal.signed(value) >= end
    ]
    named = {floor.name for floor in floors}
    if members[0].values[spec.objectives.cost] == 0 and BASE not in named:
        name = find_kind(spec.task.kind).baseline
        lines.append(Line(members[0].values[goal.name], name, "probe"))
    return lines


def _number_points(axes: Any, members: Estimates, spec: JobSpec, zero: float) -> None:
    """Rows of the front beside its points, left of the bars of their errors."""
    style = {"ha": "right", "fontsize": 9, "fontweight": "bold", "color": _INK}
    for i, member in enumerate(members, 1):
        place = (_cost(member, spec, zero), member.values[spec.task.quality])
        axes.annotate(str(i), place, xytext=(-7, 7), textcoords="offset points", **style)


def _tell_members(
    figure: Figure, members: Estimates, spec: JobSpec, floors: Sequence[Floor]
) -> None:
    """What the points and the floors are, below the axes, and what their bars and ring are."""
    told = [name for name in spec.goals if len(spec.goals) > 2 or name == spec.task.quality]
    rows = [[cell(name, member.values[name]) for name in told] for member in members]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            [str(i).rjust(2), *(x.rjust(n) for x, n in zip(row, wide, strict=True))]
            + [describe(member.configuration, spec.anatomy)]
        )
        for i, (member, row) in enumerate(zip(members, rows, strict=True), 1)
    ]
    lines += [
        f" -  {cell(spec.task.quality, x.measurements[spec.task.quality])}  {x.label}"
        for x in floors
    ]
    if len(spec.goals) == 2:
        lines.append(f" bars: one standard error    ring: {PROPOSED_WORDS}")
    style: Any = {"fontsize": 8, "linespacing": 1.5, "color": _INK, "family": "monospace"}
    figure.text(0.06, -0.02, "\n".join(lines), va="top", **style)


def _dress(axes: Any, spec: JobSpec, zero: float) -> None:
    dress_with_zero(axes, "x", zero, objective(spec.objectives.cost))
    head = ", head excluded" if find_kind(spec.task.kind).form.fresh_head else ""
    axes.set_xlabel(f"{objective(spec.objectives.cost).label} (log scale{head})")
    goal = objective(spec.task.quality)
    axes.set_ylabel(f"validation {goal.label}{'' if goal.maximise else ' (better upwards)'}")
    if not goal.maximise:
        axes.invert_yaxis()
    axes.set_title(f"{spec.name}: quality against cost", loc="left", fontweight="bold")
    axes.grid(axis="y", color="#e6eaee", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        frameon=False,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=4,
        borderaxespad=0.4,
        columnspacing=1.2,
        handletextpad=0.3,
    )
