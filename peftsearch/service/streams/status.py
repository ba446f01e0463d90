"""What changes of a job between the ends of its trials: who works on what, and what is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import orjson
from typing_extensions import TypedDict

from peftsearch.jobs.time_left import (
    UNKNOWN,
    Opened,
    Standing,
    Steps,
    foresee_left,
    most_trials,
    seconds_since,
)
from peftsearch.records.job import Job, JobState
from peftsearch.records.pace import WINDOW, Finished, Pace, pace_of
from peftsearch.records.ranges import Range
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.worker import Worker
from peftsearch.results.wording import describe, span
from peftsearch.service.memory.hours import Counted, Hours
from peftsearch.service.memory.past import History
from peftsearch.service.work.pool_status import LocalPool, PoolStatus, pool_beside
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.storage.store import Store
from peftsearch.workers.processes.liveness import is_live


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


class Command(TypedDict):
    """What works on a job beside its search, here or elsewhere, such as `confirm`."""

    command: str
    host: str
    pid: int


class Status(TypedDict):
    """A job between the ends of its trials.

    Attributes:
        left_seconds: As likely to be more as less; null while unknown.
        left_range: Between what they are in 9 of 10 cases.
        left_words: The same for people.
    """

    state: JobState
    counts: Counts
    running: list[RunningTrial]
    live_workers: int
    used_hours: float
    left_seconds: float | None
    left_range: tuple[float, float] | None
    left_words: str | None
    pool: LocalPool | None
    commands: list[Command]


@dataclass(frozen=True)
class Activity:
    """All that a status depends on, but for clocks: equal ones need no new message.

    Attributes:
        workers: Live ones of the job, as (name, done steps, all steps).
        commands: Live ones beside its search, as (command, host, process).
    """

    state: JobState
    ended: Mapping[TrialState, int]
    trials: tuple[Trial, ...]
    workers: tuple[tuple[str, int | None, int | None], ...]
    pool: LocalPool | None
    commands: tuple[tuple[str, str, int], ...]


def activity_of(
    history: History, trials: Sequence[Trial], workers: Sequence[Worker], pool: PoolStatus | None
) -> Activity:
    """What goes on in a job.

    Args:
        trials: Open ones, read before the history was.
        workers: Of any job, commands too.
    """
    known = history.by_number
    found = [x for x in workers if x.job_id == history.job.id and is_live(x)]
    live = [x for x in found if x.command is None]
    return Activity(
        history.job.state,
        history.derive("ended", _count),
        tuple(x for x in trials if x.number not in known),
        tuple((x.name, x.steps_done, x.steps_total) for x in live),
        None if pool is None else pool_beside(history.job.state, pool, len(live)),
        tuple((x.command, x.host, x.pid) for x in found if x.command is not None),
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
    pace, opened = history.derive("pace", pace_in), open_of(activity.trials, steps)
    standing = Standing(sum(activity.ended.values()), used, len(activity.workers))
    left = estimate_left(history.job, pace, opened, standing) if activity.workers else None
    return {
        "state": activity.state,
        "counts": show_counts(counts),
        "running": [_running(x, history, steps) for x in running],
        "live_workers": len(activity.workers),
        "used_hours": used,
        **tell_left(left),
        "pool": activity.pool,
        "commands": [
            {"command": command, "host": host, "pid": pid}
            for command, host, pid in activity.commands
        ],
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
        "seconds": None if trial.claimed is None else seconds_since(trial.claimed),
    }


class LeftTime(TypedDict):
    """The time left, as `Status` has it."""

    left_seconds: float | None
    left_range: tuple[float, float] | None
    left_words: str | None


def tell_left(left: Range | None) -> LeftTime:
    """The time left as numbers and in words; null while unknown."""
    if left is None:
        return {"left_seconds": None, "left_range": None, "left_words": None}
    ends = left.low, left.high
    return {"left_seconds": left.likely, "left_range": ends, "left_words": span(*ends)}


def pace_in(history: History) -> Pace | None:
    """What the last trials with a result tell of those to come."""
    ended = [x for x in history.points if x.seconds is not None]
    completed = [x for x in ended if x.state is TrialState.COMPLETED] or ended
    finished = [
        Finished(
            Configuration.from_json(orjson.loads(x.configuration)),
            x.seconds or 0.0,
            x.ended,
            x.worker,
        )
        for x in completed[-WINDOW:]
    ]
    return pace_of(history.job.spec, finished)


def open_of(trials: Sequence[Trial], steps: Mapping[str, Steps]) -> list[Opened]:
    """Queued and running trials as a forecast needs them.

    Args:
        steps: Of what each worker trains, by its name: done, and in total.
    """
    return [Opened.of(x, steps.get(x.worker or "", UNKNOWN)) for x in trials]


def estimate_left(
    job: Job, pace: Pace | None, opened: Sequence[Opened], standing: Standing
) -> Range | None:
    """Seconds to the end of a running job's budget; None while unknown."""
    if job.state is not JobState.RUNNING:
        return None
    told = replace(standing, most=most_trials(job.spec))
    return foresee_left(job.spec, pace, opened, told)
