"""A job's past up to an event, with all that was derived from it."""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from peftsearch.insight.candidate_estimates import Candidate
from peftsearch.insight.columns import Columns
from peftsearch.insight.points import Point
from peftsearch.insight.series import Series
from peftsearch.records.front_points import FrontEntry
from peftsearch.records.job import Job
from peftsearch.records.preparation import Preparation
from peftsearch.spaces.jobspec.objectives import objective

from .slow_values import SlowValues

T = TypeVar("T")


@dataclass
class _Derived:
    """Values that are computed once for an event, each by one thread."""

    values: dict[str, Any] = field(default_factory=dict)
    locks: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))


@dataclass(frozen=True)
class History:
    """A job's past up to an event; it never changes.

    Attributes:
        job: At that event.
        points: The ended trials in order of event.
        entries: Every stay on the front, by the event at which it began.
        members: The configurations at the mean of their seeds, by key.
        preparation: What the job found out before its first trial; None before that has ended,
            and of a job without.
        slow_values: What takes long to compute; all histories of the job share it.
    """

    job: Job
    points: tuple[Point, ...] = ()
    entries: tuple[FrontEntry, ...] = ()
    series: Series = Series()
    columns: Columns = Columns()
    members: Mapping[str, Candidate] = field(default_factory=dict)
    preparation: Preparation | None = None
    slow_values: SlowValues = field(default_factory=SlowValues, compare=False, repr=False)
    derived: _Derived = field(default_factory=_Derived, compare=False, repr=False)

    @property
    def event(self) -> int:
        """The job's event up to which all is here."""
        return self.job.event

    def derive(self, name: str, compute: Callable[["History"], T]) -> T:
        """`compute(self)`, which runs at most once for each name."""
        values = self.derived.values
        if name not in values:
            with self.derived.locks[name]:
                if name not in values:
                    values[name] = compute(self)
        return cast(T, values[name])

    @property
    def by_number(self) -> dict[int, Point]:
        """The ended trials by number."""
        return self.derive("by_number", lambda x: {point.number: point for point in x.points})

    def front(self, event: int | None = None) -> list[FrontEntry]:
        """The front after an event (None: the newest), in ascending cost."""
        at = self.event if event is None else event
        cost = self.job.spec.objectives.cost
        found = [x for x in self.entries if x.entered <= at and (x.left is None or x.left > at)]
        return sorted(found, key=lambda x: (x.values[cost], x.key))

    def best(self) -> FrontEntry | None:
        """The front's entry of the best quality; of equals the cheapest."""
        goal = objective(self.job.spec.task.quality)
        return max(self.front(), key=lambda x: goal.signed(x.values[goal.name]), default=None)
