"""The box of more than two goals: for each its axis, and where nothing is gained any more."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peftsearch.records.estimates import counts
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space

from .reference_point import BEYOND, ReferencePoint, cost_range, find_reference_point

FIRST = 10
"""Completed trials that tell what a measured goal may be; the box is fixed once they are there."""
_MARGIN = 0.1
"""Of their range, by which the corner lies beyond the worst of them."""
_NARROWEST = 0.05
"""What counts as their range at least: of a score, or in decades."""
_SMALLEST = 1e-3
"""Of a measured cost, in its unit."""


@dataclass(frozen=True)
class Side:
    """One goal: places on its axis are maximised, those of costs are logarithms.

    Attributes:
        corner: The place from which on a configuration gains.
        best: The place of the best value of the box, by which hypervolumes are scaled.
        lowest: Where the surrogate stops telling bad from worse.
        smallest: Smaller values of a cost count as this one.
    """

    goal: Objective
    corner: float
    best: float
    lowest: float
    smallest: float = _SMALLEST

    def place(self, value: float) -> float:
        """Where a value lies on the axis."""
        return place(self.goal, value, self.smallest)


def place(goal: Objective, value: float, smallest: float = _SMALLEST) -> float:
    """Where a value of a goal lies on its axis."""
    return goal.signed(math.log10(max(value, smallest)) if goal.logarithmic else value)


def place_heights(heights: Sequence[float], box: Sequence["Side"]) -> list[float]:
    """Where the signed values of all goals lie."""
    return [side.place(side.goal.signed(x)) for side, x in zip(box, heights, strict=True)]


def is_plain(spec: JobSpec) -> bool:
    """Whether a job has one measured goal, one known cost, and no limit on what is measured."""
    return len(spec.goals) == 2 and not spec.limits


def find_box(
    spec: JobSpec,
    trials: Sequence[Trial],
    space: Space | None = None,
    preparation: Preparation | None = None,
) -> tuple[Side, ...]:
    """A side for each goal, in the order of `spec.goals`."""
    space = space or make_space(spec)
    reference = find_reference_point(spec, trials, space, preparation)
    done = sorted((x for x in trials if counts(x)), key=lambda x: x.number)
    first = [x.measurements for x in done[:FIRST]]
    return make_box(spec, reference, cost_ranges(spec, space), first)


def cost_ranges(spec: JobSpec, space: Space) -> dict[str, tuple[float, float]]:
    """Cheapest and dearest of each known goal, which do not depend on any trial."""
    return {x: cost_range(spec, space, x) for x in spec.goals if objective(x).known}


def make_box(
    spec: JobSpec,
    reference: ReferencePoint,
    ranges: Mapping[str, tuple[float, float]],
    first: Sequence[Mapping[str, float]],
) -> tuple[Side, ...]:
    """The box for what is known.

    Args:
        ranges: What `cost_ranges` returns.
        first: What the first completed trials measured, at most `FIRST` of them.
    """
    quality = objective(spec.task.quality)
    sides = [Side(quality, reference.quality, quality.signed(quality.best), reference.lowest)]
    for goal in map(objective, spec.goals[1:]):
        if goal.name in ranges:
            cheapest, farthest = ranges[goal.name]
            corner = -math.log10(farthest)
            sides.append(Side(goal, corner, -math.log10(cheapest), corner, cheapest))
        else:
            sides.append(_measured_side(goal, spec, first))
    return tuple(sides)


def _measured_side(goal: Objective, spec: JobSpec, first: Sequence[Mapping[str, float]]) -> Side:
    """From what the first trials measured, or from the user's tightest limit on it."""
    values = [x[goal.name] for x in first if goal.name in x]
    places = [place(goal, x) for x in values] or [place(goal, goal.worst)]
    width = max(max(places) - min(places), _NARROWEST)
    corner = min(places) - _MARGIN * width
    if limits := [x.limit for x in spec.limits if x.name == goal.name]:
        beyond = BEYOND if goal.logarithmic else 1.0
        corner = max(place(goal, x * beyond) for x in limits)
        corner -= 0.0 if goal.logarithmic else _MARGIN * width
    best = max(places) + 1.0 if goal.logarithmic else goal.signed(goal.best)
    return Side(goal, corner, max(best, corner + width), corner)
