"""One box for the fronts of two jobs, so that their hypervolumes can be compared.

Each job's own figure is a share of its own box, which follows from its space and its floor: two
such shares say nothing of each other.
"""

import math
from collections.abc import Sequence

import moocore
import numpy as np
from typing_extensions import TypedDict

from peftsearch.records.estimates import Estimate
from peftsearch.results.wording import amount
from peftsearch.search.goals.reference_point import BEYOND
from peftsearch.spaces.jobspec.objectives import Objective, objective

from .job_sides import Side
from .points import Point

_SMALLEST = 1e-3
"""Of a measured cost, in its unit: smaller ones count as this."""


class Box(TypedDict):
    """Where the hypervolume is measured.

    Attributes:
        quality: The value from which on a configuration gains.
        best: The best value of the metric.
        cheapest: Smaller costs count as this.
        dearest: The cost from which on a configuration gains nothing.
        words: The same as a sentence.
    """

    quality: float
    best: float
    cheapest: float
    dearest: float
    words: str


def find_box(sides: Sequence[Side], cost: str) -> Box | None:
    """The box of both: quality from the worse of their best floors (of the worse of their first
    trials where one has no floor) to the metric's best; cost, on a log scale, from the smallest
    non-zero one that either tried to twice the largest. None where either has no result.

    Args:
        cost: An objective that both measured.
    """
    goal = objective(sides[0].spec.task.quality)
    costs = [x.values[cost] for side in sides for x in side.tried if cost in x.values]
    if not all(side.tried for side in sides) or not any(costs):
        return None
    levels = [_level(side, goal) for side in sides]
    level = min(levels, key=goal.signed)
    cheapest = max(min(x for x in costs if x > 0), _SMALLEST)
    dearest = BEYOND * max(*costs, cheapest)
    words = (
        f"{goal.label} from {amount(goal.name, level)} to {amount(goal.name, goal.best)}, "
        f"{objective(cost).label} from {amount(cost, cheapest)} to {amount(cost, dearest)} on a "
        "log scale"
    )
    return Box(quality=level, best=goal.best, cheapest=cheapest, dearest=dearest, words=words)


def _level(side: Side, goal: Objective) -> float:
    floor = next(iter(side.floors), None)
    return side.tried[0].values[goal.name] if floor is None else floor.measurements[goal.name]


def hypervolume_within(box: Box, front: Sequence[Estimate[Point]], cost: str, goal: str) -> float:
    """That of a front as a share of the box; 0 where none of it lies within.

    Args:
        goal: Name of the quality.
    """
    row = objective(goal)
    height = row.signed(box["best"]) - row.signed(box["quality"])
    width = math.log10(box["dearest"] / box["cheapest"])
    if height <= 0:
        return 0.0
    points = [
        [
            (row.signed(x.values[goal]) - row.signed(box["quality"])) / height,
            math.log10(box["dearest"] / max(x.values[cost], box["cheapest"])) / width,
        ]
        for x in front
    ]
    inside = [x for x in points if min(x) > 0]
    if not inside:
        return 0.0
    return float(moocore.hypervolume(np.array(inside), ref=[0.0, 0.0], maximise=True))
