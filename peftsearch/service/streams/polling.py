"""One reading of the database for all who listen; it runs on a thread."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from typing_extensions import TypedDict

from peftsearch.errors import UserError
from peftsearch.records.job import JobState, Pulse
from peftsearch.records.trial import TrialState
from peftsearch.records.worker import Worker
from peftsearch.service.memory.history import Histories
from peftsearch.service.memory.past import History
from peftsearch.service.work.pool_status import LocalPool, PoolStatus, pool_beside
from peftsearch.storage.store import Store
from peftsearch.workers.processes.liveness import count_live

from .messages import message
from .status import Activity, Counts, activity_of, show_counts, status_of

Key = tuple[int, float]
"""A job's id and time of creation."""


class JobLine(TypedDict):
    """What the list of jobs shows live."""

    name: str
    state: JobState
    event: int
    counts: Counts
    live_workers: int
    pool: LocalPool | None


class JobsMessage(TypedDict):
    """The list of jobs."""

    jobs: list[JobLine]


@dataclass(frozen=True)
class Wanted:
    """What somebody listens to.

    Attributes:
        jobs: The activity that is known of each followed job.
        all_jobs: Whether somebody follows the list of jobs.
    """

    jobs: Mapping[Key, Activity | None]
    all_jobs: bool


@dataclass(frozen=True)
class News:
    """Of one job: its history, and a new status where its activity changed."""

    history: History
    activity: Activity
    status: bytes | None


@dataclass
class Findings:
    """News by job, jobs that are gone, and the list of jobs as a message."""

    news: dict[Key, News] = field(default_factory=dict)
    gone: set[Key] = field(default_factory=set)
    jobs: bytes | None = None


def poll(
    store: Store, histories: Histories, pools: Mapping[str, PoolStatus], wanted: Wanted
) -> Findings:
    """Read what is wanted.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    pulses = {(pulse.id, pulse.created): pulse for pulse in store.pulses()}
    workers = store.all_workers()
    at_work = [*workers, *store.all_commands()] if wanted.jobs else []
    found = Findings(gone={key for key in wanted.jobs if key not in pulses})
    for key, known in wanted.jobs.items():
        if key in pulses:
            pool = pools.get(pulses[key].name)
            # A job that is deleted just now is gone at the next look, and one that another
            # installation made unreadable is no news to those who follow others.
            with contextlib.suppress(UserError):
                found.news[key] = _read_job(store, histories, pulses[key], known, at_work, pool)
    if wanted.all_jobs:
        found.jobs = _list_jobs(store, list(pulses.values()), workers, pools)
    return found


def _read_job(
    store: Store,
    histories: Histories,
    pulse: Pulse,
    known: Activity | None,
    workers: Sequence[Worker],
    pool: PoolStatus | None,
) -> News:
    # What is open is read first: a trial that ends in between is then in the history.
    trials = store.open_trials(pulse.id)
    history = histories.get(store, pulse.name)
    activity = activity_of(history, trials, workers, pool)
    if activity == known:
        return News(history, activity, None)
    return News(
        history, activity, message("status", status_of(store, history, activity, histories.hours))
    )


def _list_jobs(
    store: Store,
    pulses: Sequence[Pulse],
    workers: Sequence[Worker],
    pools: Mapping[str, PoolStatus],
) -> bytes:
    counts, live = store.all_counts(), count_live(workers)
    none = dict.fromkeys(TrialState, 0)
    shown = {
        x.name: pool_beside(x.state, pools[x.name], live.get(x.id, 0))
        for x in pulses
        if x.name in pools
    }
    lines: list[JobLine] = [
        {
            "name": pulse.name,
            "state": pulse.state,
            "event": pulse.event,
            "counts": show_counts(counts.get(pulse.id, none)),
            "live_workers": live.get(pulse.id, 0),
            "pool": shown.get(pulse.name),
        }
        for pulse in pulses
    ]
    found: JobsMessage = {"jobs": lines}
    return message("jobs", found)
