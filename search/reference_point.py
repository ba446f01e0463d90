"""The reference point of a job: what a configuration must beat, and the cost axis it lies on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from peftsearch.records.axes import quality_of
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.cost import BYTES_PER_PARAMETER
from peftsearch.spaces.jobspec.objectives import cost_function, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.extremes import maximum_cost, smallest
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space

BEYOND = 2.0
"""The reference point costs so many times the largest cost that is allowed: one step of the ladder
of ranks. At 1, the dearest configuration could gain nothing (decision 0002).
"""
_BYTES = {"trainable_parameters": 1, "adapter_bytes": BYTES_PER_PARAMETER}


@dataclass(frozen=True)
class ReferencePoint:
    """The corner of the hypervolume's box that is worst in both objectives.

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


def find_reference_point(
    spec: JobSpec, trials: Sequence[Trial], space: Space | None = None
) -> ReferencePoint:
    """That of a job: fixed once the probe has ended.

    Args:
        space: The job's, where it is at hand.
    """
    probe = find_probe(trials)
    quality = None if probe is None else quality_of(spec, probe)
    return make_reference_point(spec, quality, cost_range(spec, space or make_space(spec)))


def cost_range(spec: JobSpec, space: Space) -> tuple[float, float]:
    """A reference point's floor and cost, which do not depend on any trial."""
    floor = _smallest_cost(spec, space)
    return floor, BEYOND * max(_largest_cost(spec, space), floor)


def make_reference_point(
    spec: JobSpec, quality: float | None, costs: tuple[float, float]
) -> ReferencePoint:
    """The reference point for a probe's quality.

    Args:
        quality: Maximised; None where the probe has none.
        costs: What `cost_range` returns.
    """
    goal = objective(spec.task.quality)
    floor, farthest = costs
    worst = goal.signed(goal.worst)
    return ReferencePoint(worst if quality is None else quality, farthest, floor)


def find_probe(trials: Sequence[Trial]) -> Trial | None:
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
