"""What changes of a job between the ends of its trials: who works on what, and what is left."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import TypedDict

from peftsearch.jobs.liveness import is_live
from peftsearch.jobs.time_left import seconds_left
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.worker import Worker
from peftsearch.results.wording import describe
from peftsearch.service.memory.hours import Counted, Hours
from peftsearch.service.memory.past import History
from peftsearch.service.work.pool_status import PoolStatus, pool_beside
from peftsearch.storage.store import Store


class Counts(TypedDict):
    """Trials by state."""

    queued: int
    running: int
    completed: int
    failed: int


class RunningTrial(TypedDict):
    """A trial at work; `seconds` since its claim."""

    number: int
    worker: str | None
    words: str
    steps_done: int | None
    steps_total: int | None
    seconds: float | None


class Status(TypedDict):
    """A job between the ends of its trials; `left_seconds` is null while unknown."""

    state: JobState
    counts: Counts
    running: list[RunningTrial]
    live_workers: int
    used_hours: float
    left_seconds: float | None
    pool: PoolStatus | None


@dataclass(frozen=True)
class Activity:
    """All that a status depends on, but for clocks: equal ones need no new message.

    Attributes:
        workers: Live ones of the job, as (name, done steps, all steps).
    """

    state: JobState
    ended: Mapping[TrialState, int]
    trials: tuple[Trial, ...]
    workers: tuple[tuple[str, int | None, int | None], ...]
    pool: PoolStatus | None


def activity_of(
    history: History, trials: Sequence[Trial], workers: Sequence[Worker], pool: PoolStatus | None
) -> Activity:
    """What goes on in a job.

    Args:
        trials: Open ones, read before the history was.
        workers: Of any job.
    """
    known = history.by_number
    live = [x for x in workers if x.job_id == history.job.id and is_live(x)]
    return Activity(
        history.job.state,
        history.derive("ended", _count),
        tuple(x for x in trials if x.number not in known),
        tuple((x.name, x.steps_done, x.steps_total) for x in live),
        None if pool is None else pool_beside(history.job.state, pool),
    )


def _count(history: History) -> Mapping[TrialState, int]:
    states = [point.state for point in history.points]
    return {x: states.count(x) for x in (TrialState.COMPLETED, TrialState.FAILED)}


def status_of(store: Store, history: History, activity: Activity, hours: Hours) -> Status:
    """What a `status` message says."""
    running = [x for x in activity.trials if x.state is TrialState.RUNNING]
    counts = _counts(activity, len(running))
    used = hours.used(store, history.job, counts)
    steps = {name: (done, total) for name, done, total in activity.workers}
    left = estimate_left(history.job, counts, used) if activity.workers else None
    return {
        "state": activity.state,
        "counts": show_counts(counts),
        "running": [_running(x, history, steps) for x in running],
        "live_workers": len(activity.workers),
        "used_hours": used,
        "left_seconds": left,
        "pool": activity.pool,
    }


def _counts(activity: Activity, running: int) -> Counted:
    queued = len(activity.trials) - running
    return {TrialState.QUEUED: queued, TrialState.RUNNING: running, **activity.ended}


def show_counts(counts: Counted) -> Counts:
    """Numbers of trials by the names of their states."""
    return {
        "queued": counts[TrialState.QUEUED],
        "running": counts[TrialState.RUNNING],
        "completed": counts[TrialState.COMPLETED],
        "failed": counts[TrialState.FAILED],
    }


def _running(
    trial: Trial, history: History, steps: Mapping[str, tuple[int | None, int | None]]
) -> RunningTrial:
    done, total = steps.get(trial.worker or "", (None, None))
    return {
        "number": trial.number,
        "worker": trial.worker,
        "words": describe(trial.configuration, history.job.spec.anatomy),
        "steps_done": done,
        "steps_total": total,
        "seconds": None if trial.claimed is None else max(0.0, time.time() - trial.claimed),
    }


def estimate_left(job: Job, counts: Mapping[TrialState, int], hours: float) -> float | None:
    """Seconds to the end of a running job's budget; None while unknown.

    Args:
        counts: Of its trials, by state.
        hours: Used ones, which hold half of each running trial, on average.
    """
    if job.state is not JobState.RUNNING:
        return None
    ended = counts[TrialState.COMPLETED] + counts[TrialState.FAILED]
    begun = ended + counts[TrialState.RUNNING] / 2
    return seconds_left(job.spec.budget, ended, hours * 3600 / begun if ended else None, hours)
