"""The reference point of a job: what a configuration must beat, and the cost axis it lies on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from peftsearch.records.axes import LARGEST, quality_of
from peftsearch.records.estimates import estimate_each
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.cost import BYTES_PER_PARAMETER
from peftsearch.spaces.jobspec.objectives import cost_function, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.extremes import maximum_cost, smallest
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space

from .worth import free_cost, worthless_cost

BEYOND = 2.0
"""The reference point costs so many times the largest cost that is allowed: one step of the ladder
of ranks. At 1, the dearest configuration could gain nothing (decision 0002).
"""
_BYTES = {"trainable_parameters": 1, "adapter_bytes": BYTES_PER_PARAMETER}


@dataclass(frozen=True)
class ReferencePoint:
    """The corner of the hypervolume's box that is worst in both objectives.

    Attributes:
        quality: What a configuration must beat, maximised: the best floor without adapters. Of a
            job without floors that of the linear probe (its first trial); the metric's worst until
            it completed, or if it failed.
        cost: `BEYOND` times the user's bound, or else the space's maximum; what is worth nothing
            to the user (`search.goals.worth`) where that is less.
        cheapest: Smallest non-zero cost of the space, or what is free to the user. Cheaper ones
            count as this, since the axis is logarithmic.
        lowest: Where the surrogate stops telling bad from worse: `quality`, or the probe's where
            that is lower, so that it learns of adapters although none beats the floor yet.
        error: Standard error of a quality on the validation rows, that of the best floor; 0 where
            it is not known. No repeat tells more of a configuration than this.
    """

    quality: float
    cost: float
    cheapest: float
    lowest: float
    error: float = 0.0

    def axis(self, cost: float) -> float:
        """Position on the cost axis, in decades."""
        return math.log10(max(cost, self.cheapest))


def find_reference_point(
    spec: JobSpec,
    trials: Sequence[Trial],
    space: Space | None = None,
    preparation: Preparation | None = None,
) -> ReferencePoint:
    """That of a job: fixed by its floors, and without any once the probe has ended.

    Args:
        space: The job's, where it is at hand.
        preparation: The job's, which was written before its first trial; None of a job without.
    """
    probe = find_probe(trials)
    quality = None if probe is None else quality_of(spec, probe)
    costs = cost_range(spec, space or make_space(spec))
    found = make_reference_point(spec, quality, costs, floor_quality(spec, preparation))
    return replace(found, error=_sampling_error(spec, preparation))


def _sampling_error(spec: JobSpec, preparation: Preparation | None) -> float:
    floor = _best_floor(spec, preparation)
    return 0.0 if floor is None else min(floor.standard_error or 0.0, LARGEST)


def cost_range(spec: JobSpec, space: Space, name: str | None = None) -> tuple[float, float]:
    """A reference point's cheapest and dearest cost, which do not depend on any trial.

    Args:
        name: Of a known cost; None is the job's first, of which alone is said what is free to the
            user and what is worth nothing.
    """
    cost, name = spec.objectives.cost, name or spec.objectives.cost
    smallest, largest = _smallest_cost(spec, space, name), _largest_cost(space, name)
    farthest = BEYOND * max(largest, smallest)
    if name != cost:
        return smallest, farthest
    farthest = min(farthest, worthless_cost(spec) or farthest)
    cheapest = max(smallest, free_cost(spec, largest))
    return min(cheapest, farthest / BEYOND), farthest


def floor_quality(spec: JobSpec, preparation: Preparation | None) -> float | None:
    """Quality of the best floor without adapters, maximised; None of a job without floors."""
    goal, floor = objective(spec.task.quality), _best_floor(spec, preparation)
    return None if floor is None else goal.signed(floor.measurements[goal.name])


def is_unbeaten(spec: JobSpec, trials: Sequence[Trial], preparation: Preparation | None) -> bool:
    """Whether configurations have a result, and none is better than the best floor: then there
    is no hypervolume, of which no share is told. False of a job without floors."""
    floor, goal = floor_quality(spec, preparation), objective(spec.task.quality)
    known = [x.values[goal.name] for x in estimate_each(trials) if goal.name in x.values]
    return floor is not None and bool(known) and max(map(goal.signed, known)) <= floor


def _best_floor(spec: JobSpec, preparation: Preparation | None) -> Floor | None:
    """None also where its quality cannot be counted with."""
    name = spec.task.quality
    floor = None if preparation is None else preparation.best(name)
    return floor if floor is not None and abs(floor.measurements[name]) <= LARGEST else None


def make_reference_point(
    spec: JobSpec,
    probe: float | None,
    costs: tuple[float, float],
    floor: float | None = None,
) -> ReferencePoint:
    """The reference point for a floor's or a probe's quality.

    Args:
        probe: Its quality, maximised; None where it has none.
        costs: What `cost_range` returns.
        floor: What `floor_quality` returns.
    """
    goal = objective(spec.task.quality)
    cheapest, farthest = costs
    worst = goal.signed(min(max(goal.worst, -LARGEST), LARGEST))
    known = [x for x in (floor, probe) if x is not None] or [worst]
    return ReferencePoint(known[0], farthest, cheapest, min(known))


def find_probe(trials: Sequence[Trial]) -> Trial | None:
    """The first trial without adapters."""
    ordered = sorted(trials, key=attrgetter("number"))
    return next((trial for trial in ordered if trial.configuration.frozen), None)


def _largest_cost(space: Space, name: str) -> float:
    """The space's maximum within the bounds; bytes and parameters bound each other."""
    bounds = [
        x.limit * _BYTES[name] / _BYTES[x.name]
        for x in space.bounds
        if {name, x.name} <= _BYTES.keys()
    ]
    return min([maximum_cost(space, name), *bounds])


def _smallest_cost(spec: JobSpec, space: Space, name: str) -> float:
    """Smallest non-zero cost: one layer where strata can be short, with the smallest modules."""
    cost = cost_function(name)
    cheap = [*smallest(space), *spec.try_configurations]
    found = (float(cost(x, space.anatomy)) for x in cheap)
    return min((x for x in found if x > 0), default=1.0)
