"""The hypervolume of a job's front within a box that is fixed for the job."""

from collections.abc import Sequence

import moocore
import numpy as np

from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .observations import find_front, observe
from .reference_point import find_probe, find_reference_point


def hypervolume(spec: JobSpec, trials: Sequence[Trial]) -> float:
    """Hypervolume of the front as a share of the box from the reference point to a perfect score.

    Quality runs from the probe's to the metric's best, cost on a log scale from the reference
    point's down to the smallest non-zero cost. 0.0 until the probe has ended. As the front does,
    it takes each key at the mean of its seeds: it never falls as keys are added, but a repeat may
    lower it.
    """
    probe = find_probe(trials)
    if probe is None or probe.state in (TrialState.QUEUED, TrialState.RUNNING):
        return 0.0
    box = find_reference_point(spec, trials)
    width = box.axis(box.cost) - box.axis(box.floor)
    goal = objective(spec.task.quality)
    height = goal.signed(goal.best) - box.quality
    if height <= 0:
        return 0.0
    points = [
        [
            (x.quality - box.quality) / height,
            (box.axis(box.cost) - box.axis(x.cost)) / width,
        ]
        for x in find_front(observe(spec, trials))
    ]
    if not points:
        return 0.0
    return float(moocore.hypervolume(np.array(points), ref=[0.0, 0.0], maximise=True))
