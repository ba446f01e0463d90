"""What was read of jobs, kept until their event changes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from peftsearch.records.job import Job

T = TypeVar("T")


@dataclass
class ByEvent(Generic[T]):
    """One value of each job; for all threads."""

    _known: dict[tuple[int, float], tuple[int, T]] = field(default_factory=dict)

    def find(self, job: Job, read: Callable[[], T]) -> T:
        """Read once for an event."""
        key = job.id, job.created
        known = self._known.get(key)
        if known is None or known[0] != job.event:
            known = self._known[key] = job.event, read()
        return known[1]
