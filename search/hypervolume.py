"""How far a job has come: the hypervolume of its front within a box fixed for the job."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from peftsearch.records.axes import quality_of
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.cost import BYTES_PER_PARAMETER
from peftsearch.spaces.jobspec.objectives import cost_function, objective
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.spaces.space.extremes import maximum_cost, smallest
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space

from .observations import find_front, observe

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
    return corner(
        spec, None if probe is None else quality_of(spec, probe), cost_range(spec, space)
    )


def cost_range(spec: JobSpec, space: Space) -> tuple[float, float]:
    """A reference's floor and cost, which do not depend on any trial."""
    floor = _smallest_cost(spec, space)
    return floor, BEYOND * max(_largest_cost(spec, space), floor)


def corner(spec: JobSpec, quality: float | None, costs: tuple[float, float]) -> Reference:
    """The reference for a probe's quality.

    Args:
        quality: Maximised; None where the probe has none.
        costs: What `cost_range` returns.
    """
    goal = objective(spec.task.quality)
    floor, farthest = costs
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
    box = reference(spec, trials)
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


def seconds_left(
    budget: BudgetSpec, ended: int, seconds_per_trial: float | None, hours: float
) -> float | None:
    """Estimated seconds to the end of a budget; None while unknown.

    Args:
        ended: Number of trials that completed or failed.
        seconds_per_trial: Of the clock on the wall, so that workers share it.
        hours: Used hours, on the budget's clock.
    """
    limits = []
    if budget.trials is not None and seconds_per_trial is not None:
        limits.append((budget.trials - ended) * seconds_per_trial)
    if budget.hours is not None:
        limits.append((budget.hours - hours) * 3600)
    return max(0.0, min(limits)) if limits else None


def _find_probe(trials: Sequence[Trial]) -> Trial | None:
    """The first trial without adapters."""
    probes = [trial for trial in trials if trial.configuration.frozen]
    return min(probes, key=lambda trial: trial.number, default=None)


def _largest_cost(spec: JobSpec, space: Space) -> float:
    """The space's maximum within the bounds; bytes and parameters bound each other."""
    name = spec.objectives.cost
    bounds = [
        x.limit * _BYTES[name] / _BYTES[x.name]
        for x in space.bounds
        if {name, x.name} <= _BYTES.keys()
    ]
    return min([maximum_cost(space, name), *bounds])


def _smallest_cost(spec: JobSpec, space: Space) -> float:
    """Smallest non-zero cost: one layer where strata can be short, with the smallest modules."""
    cost = cost_function(spec.objectives.cost)
    cheap = [*smallest(space), *spec.try_configurations]
    found = (float(cost(x, space.anatomy)) for x in cheap)
    return min((x for x in found if x > 0), default=1.0)
