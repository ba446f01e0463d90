"""How far a job has come: the hypervolume of its front within a box fixed for the job."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from peftsearch.spaces.cost import BYTES_PER_PARAMETER, KNOWN_COSTS
from peftsearch.spaces.extremes import maximum_cost, smallest
from peftsearch.spaces.jobspec import JobSpec
from peftsearch.spaces.objectives import objective
from peftsearch.spaces.presets import make_space
from peftsearch.spaces.space import Space
from peftsearch.storage.records import Trial, TrialState

from .observations import find_front, observe, quality_of

BEYOND = 2.0
"""The reference cost is so many times the largest cost that is allowed: one step of the ladder of
ranks. At 1, the dearest configuration could gain nothing (docs/decisions/0002-reference-cost.md).
"""
_BYTES = {"trainable_parameters": 1, "adapter_bytes": BYTES_PER_PARAMETER}


@dataclass(frozen=True)
class Reference:
    """The corner that a configuration must beat, and the cost axis.

    Attributes:
        quality: Of the linear probe (its first trial), maximised; the metric's worst until it
            completed, or if it failed.
        cost: `BEYOND` times the user's bound, or else the space's maximum.
        floor: Smallest non-zero cost of the space. Cheaper ones count as this, since the axis is
            logarithmic.
    """

    quality: float
    cost: float
    floor: float

    def axis(self, cost: float) -> float:
        """Position on the cost axis, in decades."""
        return math.log10(max(cost, self.floor))


def reference(spec: JobSpec, trials: Sequence[Trial]) -> Reference:
    """Reference of a job: fixed once the probe has ended."""
    return make_reference(spec, make_space(spec), trials)


def make_reference(spec: JobSpec, space: Space, trials: Sequence[Trial]) -> Reference:
    """As `reference`, where the space is at hand."""
    probe = _find_probe(trials)
    quality = None if probe is None else quality_of(spec, probe)
    floor = _smallest_cost(spec, space)
    ceiling = _largest_cost(spec, space)
    farthest = BEYOND * max(ceiling, floor)
    goal = objective(spec.task.quality)
    return Reference(goal.signed(goal.worst) if quality is None else quality, farthest, floor)


def hypervolume(spec: JobSpec, trials: Sequence[Trial]) -> float:
    """Hypervolume of the front as a share of the box from the reference to a perfect score.

    Quality runs from the probe's to the metric's best, cost on a log scale from the reference's
    down to the smallest non-zero cost. 0.0 until the probe has ended. As the front does, it takes
    each key at the mean of its seeds: it never falls as keys are added, but a repeat may lower it.
    """
    probe = _find_probe(trials)
    if probe is None or probe.state in (TrialState.QUEUED, TrialState.RUNNING):
        return 0.0
    corner = reference(spec, trials)
    width = corner.axis(corner.cost) - corner.axis(corner.floor)
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


def _find_probe(trials: Sequence[Trial]) -> Trial | None:
    """The first trial without adapters."""
    probes = [trial for trial in trials if trial.configuration.frozen]
    return min(probes, key=lambda trial: trial.number, default=None)


def _largest_cost(spec: JobSpec, space: Space) -> float:
    """The space's maximum within the bounds; bytes and parameters bound each other."""
    own = _BYTES[spec.objectives.cost]
    bounds = [x.limit * own / _BYTES[x.name] for x in space.bounds if x.name in _BYTES]
    return min([maximum_cost(space)[spec.objectives.cost], *bounds])


def _smallest_cost(spec: JobSpec, space: Space) -> float:
    """Smallest non-zero cost: one layer where strata can be short, with the smallest modules."""
    cost = KNOWN_COSTS[spec.objectives.cost]
    cheap = [*smallest(space), *spec.try_configurations]
    found = (float(cost(x, space.anatomy)) for x in cheap)
    return min((x for x in found if x > 0), default=1.0)
