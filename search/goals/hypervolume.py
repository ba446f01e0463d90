"""The hypervolume of a job's front within a box that is fixed for the job."""

from collections.abc import Sequence

import moocore
import numpy as np

from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .box import Side, find_box, is_plain, place_heights
from .observations import find_front, observe
from .reference_point import find_probe, find_reference_point, floor_quality


def hypervolume(
    spec: JobSpec, trials: Sequence[Trial], preparation: Preparation | None = None
) -> float:
    """Hypervolume of the front as a share of the box from the reference point to a perfect score.

    Quality runs from the reference point's to the metric's best, cost on a log scale from the
    reference point's down to the smallest non-zero cost. 0.0 until the reference point is known:
    by the job's floors, or else by the end of the probe. As the front does, it takes each key at
    the mean of its seeds: it never falls as keys are added, but a repeat may lower it. Of more
    goals it is that within `search.goals.box`, which the first trials fix where some are measured.

    Args:
        preparation: The job's; None of a job without.
    """
    if floor_quality(spec, preparation) is None and not _has_ended(find_probe(trials)):
        return 0.0
    if not is_plain(spec):
        box = find_box(spec, trials, preparation=preparation)
        return hypervolume_in(box, [x.heights for x in find_front(observe(spec, trials))])
    corner = find_reference_point(spec, trials, preparation=preparation)
    width = corner.axis(corner.cost) - corner.axis(corner.cheapest)
    goal = objective(spec.task.quality)
    height = goal.signed(goal.best) - corner.quality
    if height <= 0:
        return 0.0
    points = [
        [
            (x.quality - corner.quality) / height,
            (corner.axis(corner.cost) - corner.axis(x.cost)) / width,
        ]
        for x in find_front(observe(spec, trials))
    ]
    if not points:
        return 0.0
    return float(moocore.hypervolume(np.array(points), ref=[0.0, 0.0], maximise=True))


def hypervolume_in(box: Sequence[Side], heights: Sequence[Sequence[float]]) -> float:
    """Hypervolume of points of a front as a share of a box; points beyond its best count so far.

    Args:
        heights: All goals of each point, maximised.
    """
    sizes = [side.best - side.corner for side in box]
    if min(sizes) <= 0 or not heights:
        return 0.0
    places = [place_heights(x, box) for x in heights]
    points = [
        [min((y - side.corner) / size, 1.0) for y, side, size in zip(x, box, sizes, strict=True)]
        for x in places
    ]
    return float(moocore.hypervolume(np.array(points), ref=[0.0] * len(box), maximise=True))


def _has_ended(probe: Trial | None) -> bool:
    return probe is not None and probe.state not in (TrialState.QUEUED, TrialState.RUNNING)
