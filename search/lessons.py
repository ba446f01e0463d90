"""What earlier jobs teach a new one: the best of their fronts, to begin with.

Only the beginning is taken over. What else a job could teach, its model of quality as a further
expectation of the new one's, was measured and added little
(docs/decisions/0089-a-job-begins-where-earlier-ones-ended.md).
"""

from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

import moocore
import numpy as np

from peftsearch.errors import UserError
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.preparation import Lesson, Preparation
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.configurations.written import read_written, written_form
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space

from .goals.reference_point import ReferencePoint, cost_range, floor_quality, make_reference_point
from .recipe_trials import express, within_bounds

MOST = 8
"""Configurations of one job that are kept: a space may lack some."""


def learn(
    name: str, spec: JobSpec, front: Sequence[FrontPoint], preparation: Preparation | None
) -> Lesson:
    """The configurations of a job's front that hold most of its hypervolume, one at a time; none
    where none beats the job's best floor.

    Args:
        name: The job's.
        preparation: The job's; None of one without.
    """
    costs, floor = cost_range(spec, make_space(spec)), floor_quality(spec, preparation)
    reference = make_reference_point(spec, None, costs, floor)
    goal, cost = objective(spec.task.quality), spec.objectives.cost
    points = [(reference.axis(x.values[cost]), -goal.signed(x.values[goal.name])) for x in front]
    chosen = _choose(np.array(points).reshape(-1, 2), reference)
    written = (_write(front[i].configuration, spec.anatomy) for i in chosen)
    return Lesson(name, tuple(x for x in written if x is not None))


def _choose(points: np.ndarray[Any, np.dtype[np.float64]], reference: ReferencePoint) -> list[int]:
    """Rows of `n x 2` places on the cost axis and negated qualities, the most gain first."""
    corner = [reference.axis(reference.cost), -reference.quality]
    chosen: list[int] = []
    held = 0.0
    while len(chosen) < min(MOST, len(points)):
        left = [i for i in range(len(points)) if i not in chosen]
        worth = [float(moocore.hypervolume(points[[*chosen, i]], ref=corner)) for i in left]
        if max(worth) <= held:
            break
        held = max(worth)
        chosen.append(left[worth.index(held)])
    return chosen


def _write(configuration: Configuration, anatomy: Anatomy) -> Mapping[str, Any] | None:
    """None where shares of the depth cannot say it, or where it is none of that model."""
    try:
        check_configuration(configuration, anatomy)
        return written_form(configuration, anatomy)
    except UserError:
        return None


def find_taught(space: Space, lessons: Sequence[Lesson]) -> list[Configuration]:
    """Of each job's configurations in turn those that the space can express within its bounds,
    distinct and not frozen."""
    turns = zip_longest(*(x.configurations for x in lessons))
    kept: dict[str, Configuration] = {}
    for written in filter(None, chain.from_iterable(turns)):
        found = _read(space, written)
        if found is not None and not found.frozen and space.feasible(found):
            kept.setdefault(found.key, found)
    return list(kept.values())


def _read(space: Space, written: Mapping[str, Any]) -> Configuration | None:
    try:
        found = express(space, read_written(written, space.anatomy))
    except UserError:
        return None
    return None if found is None else within_bounds(space, found)
