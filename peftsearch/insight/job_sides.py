"""One of two jobs that are compared: what is known of it, as both are measured by the same rules.

Qualities are means over a configuration's seeds. Their error is by the validation rows and by the
seeds; what one seed differs from another is pooled over all configurations that have several, so
that a configuration of a single seed is not taken for a sure one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import variance
from typing import Any

from peftsearch.records.dominance import choose_front, choose_within
from peftsearch.records.estimates import Estimate, counts, estimate_each
from peftsearch.records.job import Job
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.results.standing.floors import find_best, sort_floors
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.processes.liveness import tell_state

from .points import Point


@dataclass(frozen=True)
class Side:
    """A job of a comparison.

    Attributes:
        points: The trials that ended, in the order of their ends.
        hours: That the job has used.
        provenance: Of one of its completed trials; empty where none has completed.
        live: How many workers it has.
    """

    job: Job
    points: Sequence[Point]
    preparation: Preparation | None
    hours: float
    provenance: Mapping[str, Any] = field(default_factory=dict)
    live: int = 0

    @property
    def state(self) -> str:
        """In words: of a job that runs with nobody who works on it, that it waits or is spent."""
        spent = self.spec.budget.is_spent(len(self.points), self.hours)
        return tell_state(self.job.state, self.live, spent)

    @property
    def spec(self) -> JobSpec:
        """Of the job."""
        return self.job.spec

    @property
    def floors(self) -> list[Floor]:
        """Baselines without adapters, the best first."""
        return sort_floors(self.preparation, self.spec)

    @cached_property
    def tried(self) -> list[Estimate[Point]]:
        """All configurations with a result, in the order of their proposal."""
        quality = self.spec.task.quality
        return [x for x in estimate_each(self.points) if quality in x.values]

    @cached_property
    def best(self) -> Estimate[Point] | None:
        """The one of the best quality within the job's own limits, without which it stands on no
        front; None where there is no such result."""
        return find_best(choose_within(self.tried, self.spec.limits), self.spec)

    def front(self, cost: str) -> list[Estimate[Point]]:
        """What nothing of the job beats in quality and this cost, within the job's own limits, in
        ascending cost."""
        found = choose_front(self.tried, (self.spec.task.quality, cost), self.spec.limits)
        return sorted(found, key=lambda x: x.values[cost])

    def error(self, found: Estimate[Point]) -> float | None:
        """Standard error of a configuration's quality; None where nothing tells it."""
        first = found.first
        of_rows = sampling_error(
            self.spec, found.values, first.validation_rows, first.quality_error
        )
        if of_rows is None:  # that of the seeds alone would be too small
            return None
        return math.hypot(of_rows, (self._seed_deviation or 0.0) / math.sqrt(len(found.trials)))

    @cached_property
    def _seed_deviation(self) -> float | None:
        """Standard deviation between seeds of one configuration, pooled."""
        quality = self.spec.task.quality
        groups = [[x.measurements[quality] for x in y.trials] for y in self.tried]
        repeated = [x for x in groups if len(x) > 1]
        free = sum(len(x) - 1 for x in repeated)
        return (
            math.sqrt(sum((len(x) - 1) * variance(x) for x in repeated) / free) if free else None
        )

    def reach(self, level: float) -> "Reached | None":
        """When a configuration at least as good as `level` had its first result; None if never."""
        goal = objective(self.spec.task.quality)
        able = choose_within(self.tried, self.spec.limits)
        good = {x.key for x in able if goal.signed(x.values[goal.name]) >= goal.signed(level)}
        trained = 0.0
        for ended, point in enumerate(self.points, 1):
            trained += point.seconds or 0.0
            if point.key in good and counts(point):
                since = max(0.0, (point.ended or self.job.created) - self.job.created)
                return Reached(point.number, ended, since, trained)
        return None


@dataclass(frozen=True)
class Reached:
    """When a job came to a quality.

    Attributes:
        trial: That brought it.
        trials: How many had ended by then, itself included.
        seconds: Since the job was created, pauses included.
        trial_seconds: Of all trials by then, one after the other.
    """

    trial: int
    trials: int
    seconds: float
    trial_seconds: float
