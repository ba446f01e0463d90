"""Hypervolume and best quality after each event, kept up as trials end.

`search.goals.hypervolume.hypervolume` looks at all trials at once. Here each event costs little:
only a trial that changes the running best along the cost axis changes the area under it. Of more
goals `insight.many_series` does the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from peftsearch.records.estimates import mean
from peftsearch.records.preparation import Preparation
from peftsearch.search.goals.reference_point import (
    ReferencePoint,
    cost_range,
    floor_quality,
    make_reference_point,
)
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space

from .points import Point
from .staircase import Staircase


@dataclass(frozen=True)
class Series:
    """Columns of equal length, one entry for each ended trial in order of event.

    Attributes:
        seconds: Since the job was created.
        hypervolume: What `search.goals.hypervolume.hypervolume` says of the trials that had ended.
        best: Best quality of a configuration, each at the mean of its seeds; None before any.
    """

    event: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()
    hypervolume: tuple[float, ...] = ()
    best: tuple[float | None, ...] = ()

    def extended(self, points: Sequence[Point], tracker: "Tracks", created: float) -> "Series":
        """With further trials, which the tracker takes in as well."""
        found = [tracker.add(point) for point in points]
        return Series(
            self.event + tuple(point.event or 0 for point in points),
            self.seconds + tuple(max(0.0, (x.ended or created) - created) for x in points),
            self.hypervolume + tuple(volume for volume, _ in found),
            self.best + tuple(best for _, best in found),
        )


class Tracks(Protocol):
    """Takes in ended trials in order of event and knows the hypervolume and the best."""

    def add(self, point: Point) -> tuple[float, float | None]:
        """The hypervolume and the best quality once this trial has ended as well."""


@dataclass(slots=True)
class _Seeds:
    """Of one key: serial number, and the qualities of its completed trials by trial number."""

    serial: int
    found: dict[int, float] = field(default_factory=dict)

    def mean(self) -> float:
        """As every front has it."""
        return mean(self.found.values())


class Tracker:
    """See `Tracks`; of one quality and one cost."""

    def __init__(self, spec: JobSpec, preparation: Preparation | None = None) -> None:
        self._spec = spec
        self._goal: Objective = objective(spec.task.quality)
        self._costs = cost_range(spec, make_space(spec))
        self._stairs = Staircase()
        self._seeds: dict[str, _Seeds] = {}
        self._probe: int | None = None
        self._floor = floor_quality(spec, preparation)
        self._box: ReferencePoint | None = None
        if self._floor is not None:
            self._box = self._make_box(None)
        self._volume = 0.0
        self._axis = self._make_box(None).axis

    def add(self, point: Point) -> tuple[float, float | None]:
        """See `Tracks.add`."""
        changed = self._place_probe(point)
        if point.quality is not None:
            changed |= self._place(point, point.quality)
        if changed:
            self._volume = self._measure()
        return self._volume, self._best()

    def _place_probe(self, point: Point) -> bool:
        if not point.frozen or (self._probe is not None and self._probe < point.number):
            return False
        self._probe = point.number
        self._box = self._make_box(point.quality)
        return True

    def _make_box(self, probe: float | None) -> ReferencePoint:
        return make_reference_point(self._spec, probe, self._costs, self._floor)

    def _place(self, point: Point, quality: float) -> bool:
        seeds = self._seeds.get(point.key)
        if seeds is None:
            seeds = self._seeds[point.key] = _Seeds(len(self._seeds), {point.number: quality})
            return self._stairs.insert(self._axis(point.cost), quality)
        seeds.found[point.number] = quality
        return self._stairs.change(seeds.serial, seeds.mean())

    def _measure(self) -> float:
        box = self._box
        if box is None:
            return 0.0
        height = self._goal.signed(self._goal.best) - box.quality
        if height <= 0:
            return 0.0
        start, end = box.axis(box.cheapest), box.axis(box.cost)
        return self._stairs.area(box.quality, end) / (height * (end - start))

    def _best(self) -> float | None:
        best = self._stairs.best
        return None if best is None else float(self._goal.signed(best))
