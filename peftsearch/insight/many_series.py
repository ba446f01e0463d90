"""Hypervolume and best quality after each event, of a job with more than two goals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from peftsearch.records.dominance import non_dominated
from peftsearch.records.estimates import counts, mean
from peftsearch.records.preparation import Preparation
from peftsearch.search.goals.box import FIRST, Side, cost_ranges, is_plain, make_box
from peftsearch.search.goals.hypervolume import hypervolume_in
from peftsearch.search.goals.reference_point import floor_quality, make_reference_point
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space

from .points import Point
from .series import Tracker, Tracks

Heights = tuple[float, ...]


@dataclass
class _Key:
    """Measurements of one configuration by the numbers of its trials."""

    seeds: dict[int, Mapping[str, float]] = field(default_factory=dict)

    def mean(self, name: str) -> float:
        """As every front has it."""
        return mean(x[name] for x in self.seeds.values())


class ManyTracker:
    """See `Tracks`. A new configuration is compared with the front alone; where a mean changes,
    all are compared."""

    def __init__(self, spec: JobSpec, preparation: Preparation | None = None) -> None:
        self._spec = spec
        self._ranges = cost_ranges(spec, make_space(spec))
        self._floor = floor_quality(spec, preparation)
        self._probe: Point | None = None
        self._first: dict[int, Mapping[str, float]] = {}
        self._keys: dict[str, _Key] = {}
        self._front: dict[str, Heights] = {}
        self._best: float | None = None

    def add(self, point: Point) -> tuple[float, float | None]:
        """See `Tracks.add`."""
        if point.frozen and (self._probe is None or point.number < self._probe.number):
            self._probe = point
        if counts(point):
            self._first[point.number] = point.measurements
            self._first = {x: self._first[x] for x in sorted(self._first)[:FIRST]}
        if point.quality is not None:
            self._place(point)
        return self._measure(), self._best

    def _place(self, point: Point) -> None:
        new = point.key not in self._keys
        self._keys.setdefault(point.key, _Key()).seeds[point.number] = point.measurements
        goal = objective(self._spec.task.quality)
        qualities = [x.mean(goal.name) for x in self._keys.values()] if not new else []
        mine = self._keys[point.key].mean(goal.name)
        known = [mine, *qualities, *([] if self._best is None or not new else [self._best])]
        self._best = goal.signed(max(map(goal.signed, known)))
        among = [*self._front, point.key] if new else list(self._keys)
        heights = {key: x for key in among if (x := self._heights(key)) is not None}
        places = np.array(list(heights.values())).reshape(-1, len(self._spec.goals))
        kept = non_dominated(places)
        self._front = {key: heights[key] for key, keep in zip(heights, kept, strict=True) if keep}

    def _heights(self, key: str) -> Heights | None:
        """All goals, maximised; None of a configuration that breaks a limit."""
        found = self._keys[key]
        if not all(x.holds(found.mean(x.name)) for x in self._spec.limits):
            return None
        return tuple(objective(x).signed(found.mean(x)) for x in self._spec.goals)

    def _measure(self) -> float:
        if self._floor is None and self._probe is None:
            return 0.0
        return hypervolume_in(self._box(), list(self._front.values()))

    def _box(self) -> tuple[Side, ...]:
        quality = None if self._probe is None else self._probe.quality
        costs = self._ranges[self._spec.objectives.cost]
        reference = make_reference_point(self._spec, quality, costs, self._floor)
        return make_box(self._spec, reference, self._ranges, list(self._first.values()))


def make_tracker(spec: JobSpec, preparation: Preparation | None = None) -> Tracks:
    """The tracker of a job."""
    return (Tracker if is_plain(spec) else ManyTracker)(spec, preparation)
