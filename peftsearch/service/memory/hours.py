"""How long jobs were at work, without looking at all of their trials for every answer."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from peftsearch.records.job import Job
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store

PATIENCE_SECONDS = 5.0
"""For so long the hours of a job that is at work go on by the clock."""

Counted = Mapping[TrialState, int]
"""A job's trials by state, with all states."""


@dataclass(frozen=True)
class _Known:
    """Hours that were used at a moment, and the states of the trials then."""

    counts: Counted
    hours: float
    at: float

    def is_old(self, counts: Counted) -> bool:
        """Whether the clock alone no longer tells; `counts` are the states now."""
        running = counts[TrialState.RUNNING] and self.counts[TrialState.RUNNING]
        return not running or time.monotonic() - self.at > PATIENCE_SECONDS


class Hours:
    """The used hours of jobs; any thread may call it."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, float], _Known] = {}
        self._lock = threading.Lock()

    def used(self, store: Store, job: Job, counts: Counted) -> float:
        """Hours that the job used; its trials are looked at when their states changed, while
        some run at most every `PATIENCE_SECONDS`.

        Args:
            counts: Of its trials, by state.
        """
        key = job.id, job.created
        with self._lock:
            known = self._known.get(key)
        if known is None or (known.counts != counts and known.is_old(counts)):
            known = _Known(counts, store.used_hours(job.id), time.monotonic())
            with self._lock:
                self._known[key] = known
        # The clock goes while a trial runs, and stands else.
        since = time.monotonic() - known.at if counts[TrialState.RUNNING] else 0.0
        return known.hours + since / 3600
