"""What a process remembers of each job: its ended trials and its front, by the job's event.

An ended trial never changes and a front's entry only ends, so that the records up to an event are
read once; a request reads what came after it. A database that was restored to an earlier moment
has other ends: then all is read anew.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from peftsearch.insight.candidate_estimates import add_seeds
from peftsearch.insight.many_series import make_tracker
from peftsearch.insight.points import Point, point_of
from peftsearch.insight.series import Tracks
from peftsearch.records.front_points import FrontEntry
from peftsearch.records.job import Job, Pulse
from peftsearch.service.stores import StorePool
from peftsearch.storage.store import Store

from .collector import COLLECTOR
from .hours import Hours
from .past import History

_BATCH = 200
"""Trials of one reading: between readings other threads get their turn."""


@dataclass
class _Record:
    """One job's newest history, and what is needed to go on from it: None before any trial.

    Attributes:
        end: What the history's last event is known again by (`Store.find_end`).
    """

    history: History
    tracker: Tracks | None
    end: tuple[int, float] | None = None


class Histories:
    """The histories of all jobs that somebody asked for. Any thread may call it."""

    def __init__(self) -> None:
        self.hours = Hours()
        self._records: dict[tuple[int, float], _Record] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._gates: dict[str, threading.Lock] = {}

    def __len__(self) -> int:
        return len(self._records)

    def find(self, store: Store, job: Job) -> History | None:
        """The history of a job that was just read; None of one that nobody looked at yet.

        Raises:
            NotFoundError: It was deleted meanwhile.
        """
        record = self._records.get((job.id, job.created))
        if record is None:
            return None
        current = record.history.event == job.event
        return record.history if current else self.get(store, job.name)

    def get(self, store: Store, name: str) -> History:
        """The job's history up to its present event.

        Raises:
            NotFoundError: There is no such job.
            StoreUnavailable: The database does not answer.
        """
        pulse = store.pulse(name)
        record = self._records.get((pulse.id, pulse.created))
        if record is not None and _is_current(record.history.job, pulse):
            return record.history
        with self._locks.setdefault(name, threading.Lock()):
            return self._refresh(store, store.pulse(name))

    def read(self, stores: StorePool, name: str) -> History:
        """As `get`, but holds no store while another thread loads the job for the first time."""
        with stores.borrow() as store:
            pulse = store.pulse(name)
            if (pulse.id, pulse.created) in self._records:
                return self.get(store, name)
        gate = self._gates.setdefault(name, threading.Lock())
        with gate, stores.borrow() as store:
            return self.get(store, name)

    def _refresh(self, store: Store, pulse: Pulse) -> History:
        key = (pulse.id, pulse.created)
        record = self._records.get(key)
        if record is None or not _continues(store, record):
            job = replace(store.find_job(pulse.name), event=0)
            if (job.id, job.created) != key:  # another of that name took its place just now
                return self._refresh(store, store.pulse(pulse.name))
            record = _Record(History(job), None)
        if not _is_current(record.history.job, pulse):
            with COLLECTOR.settling(pulse.event - record.history.event):
                record = _advance(store, record, pulse)
        self._forget(pulse)
        self._records[key] = record
        return record.history

    def _forget(self, pulse: Pulse) -> None:
        """Drop a deleted job whose name or number this one took."""
        for key, record in list(self._records.items()):
            same = key[0] == pulse.id or record.history.job.name == pulse.name
            if same and key != (pulse.id, pulse.created):
                self._records.pop(key, None)


def _continues(store: Store, record: _Record) -> bool:
    """Whether the store still has the last end that is known."""
    job = record.history.job
    return store.find_end(job.id, job.event) == record.end


def _is_current(job: Job, pulse: Pulse) -> bool:
    return (job.event, job.state) == (pulse.event, pulse.state)


def _advance(store: Store, record: _Record, pulse: Pulse) -> _Record:
    """The record up to the pulse's event."""
    old = record.history
    # The budget may have changed with the state or beside an event.
    document = store.find_job(pulse.name).document
    job = replace(old.job, document=document, event=pulse.event, state=pulse.state)
    if old.event == pulse.event:
        return replace(record, history=replace(old, job=job))
    changes = store.front_changes(pulse.id, old.event)
    new = list(_read_points(store, job, old.event, pulse.event))
    points = (*old.points, *new)
    preparation, tracker = old.preparation, record.tracker
    if tracker is None:
        # It was written before the first trial began, so that now it is there or never will be.
        preparation = store.preparation(pulse.id)
        tracker = make_tracker(job.spec, preparation)
    history = History(
        job,
        points,
        _merge(old.entries, changes, pulse.event),
        old.series.extended(new, tracker, job.created),
        old.columns.extended(points),
        add_seeds(old.members, new),
        preparation,
        old.slow_values,
    )
    return _Record(history, tracker, store.find_end(pulse.id, pulse.event))


def _read_points(store: Store, job: Job, after: int, until: int) -> Iterator[Point]:
    measured = job.spec.measured
    while after < until:
        trials = store.ended_since(job.id, after, _BATCH)
        for trial in trials:
            if trial.event is not None and trial.event <= until:
                yield point_of(trial, job.spec, measured)
        if len(trials) < _BATCH:
            return
        after = trials[-1].event or until


def _merge(
    old: Sequence[FrontEntry], changes: Sequence[FrontEntry], until: int
) -> tuple[FrontEntry, ...]:
    """All entries as they stood at the event `until`; what came after it is left for later."""
    known = {(x.key, x.entered): x for x in old}
    for entry in changes:
        if entry.entered <= until:
            later = entry.left is not None and entry.left > until
            known[entry.key, entry.entered] = replace(entry, left=None) if later else entry
    return tuple(sorted(known.values(), key=lambda x: (x.entered, x.key)))
