"""What changes of a job between the ends of its trials: who works on what, and what is left."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peftsearch.jobs.liveness import is_live
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.worker import Worker
from peftsearch.results.wording import describe
from peftsearch.search.hypervolume import seconds_left
from peftsearch.service.memory.hours import Hours
from peftsearch.service.memory.past import History
from peftsearch.service.shapes import PoolShape
from peftsearch.service.work.pools import PoolStatus
from peftsearch.storage.store import Store


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
        pool,
    )


def _count(history: History) -> Mapping[TrialState, int]:
    states = [point.state for point in history.points]
    return {x: states.count(x.value) for x in (TrialState.COMPLETED, TrialState.FAILED)}


def status_of(store: Store, history: History, activity: Activity, hours: Hours) -> dict[str, Any]:
    """Plain data for a `status` message."""
    running = [x for x in activity.trials if x.state is TrialState.RUNNING]
    counts = _counts(activity, len(running))
    used = hours.used(store, history.job, counts)
    steps = {name: (done, total) for name, done, total in activity.workers}
    left = estimate_left(history.job, counts, used) if activity.workers else None
    return {
        "state": activity.state.value,
        "counts": {state.value: number for state, number in counts.items()},
        "running": [_running(x, history, steps) for x in running],
        "live_workers": len(activity.workers),
        "used_hours": used,
        "left_seconds": left,
        "pool": show_pool(activity.pool),
    }


def _counts(activity: Activity, running: int) -> dict[TrialState, int]:
    queued = len(activity.trials) - running
    return {TrialState.QUEUED: queued, TrialState.RUNNING: running, **activity.ended}


def show_pool(pool: PoolStatus | None) -> dict[str, Any] | None:
    """A pool as plain data."""
    return None if pool is None else PoolShape.model_validate(pool).model_dump(mode="json")


def _running(
    trial: Trial, history: History, steps: Mapping[str, tuple[int | None, int | None]]
) -> dict[str, Any]:
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
