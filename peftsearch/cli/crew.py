"""The workers that a command starts or watches, and how their progress is shown."""

import contextlib
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from peftsearch.jobs.kept_forecast import recall_forecast
from peftsearch.jobs.local_devices import check_device
from peftsearch.jobs.local_pool import run_pool
from peftsearch.live.foretold import Foretold
from peftsearch.live.terminal import LiveView, PlainView
from peftsearch.records.job import Job
from peftsearch.records.ranges import Range
from peftsearch.storage.store import Store
from peftsearch.workers.engines.making import check_engine
from peftsearch.workers.engines.plan import EXTERNAL, LOCAL, LOCAL_PLAN, EnginePlan

from .console import log, storage_option

SIGNALLED = 128
"""And the signal's number: what shells say of a program that a signal ended."""


@dataclass(frozen=True)
class Crew:
    """The workers that a command starts, and where they work.

    Attributes:
        root: Folder of the jobs' files.
        workers: Processes that are started; 0 leaves the job to others.
        quiet: Print no panel.
        trackers: To be told of the job, where they were asked for here; None takes the job's.
        plan: Who starts the workers.
        started: When the command began, on the clock that `time.monotonic` reads.
    """

    storage: str = field(repr=False)
    root: Path
    workers: int
    device: str
    quiet: bool
    trackers: Sequence[str] | None = None
    plan: EnginePlan = LOCAL_PLAN
    started: float = field(default_factory=time.monotonic)


def run_crew(store: Store, job: Job, crew: Crew) -> signal.Signals | None:
    """Work on a job until it ends; the signal of a person who interrupted it."""
    # Ray prints to standard output what befell its processes; that is for results alone.
    with contextlib.redirect_stdout(sys.stderr):
        return _run(store, job, crew)


def _run(store: Store, job: Job, crew: Crew) -> signal.Signals | None:
    pool = (store, job, crew.storage, crew.root, crew.workers, crew.device)
    foretold = Foretold(dry_run=_recall(store, job, crew), started=crew.started)
    if crew.quiet or not log.is_terminal:
        plain = PlainView(store, job, log, started=crew.started, foretold=foretold)
        return _hold_against(plain.foretold, run_pool(*pool, plain, crew.trackers, crew.plan))
    with LiveView(store, job, log, started=crew.started, foretold=foretold) as live:
        stopped = run_pool(*pool, live, crew.trackers, crew.plan)
    return _hold_against(live.foretold, stopped)


def _recall(store: Store, job: Job, crew: Crew) -> Range | None:
    """What the dry run of the whole job foresaw; None of one that had begun before."""
    begun = any(store.counts(job.id).values())
    return None if begun else recall_forecast(job.spec, crew.workers)


def check_crew(crew: Crew) -> None:
    """Before a job is made that its workers could not take up.

    Raises:
        UserError: This machine has no such device, or the cluster does not answer.
    """
    if crew.workers and crew.plan.name == LOCAL:
        check_device(crew.device, crew.plan.devices)
    elif crew.workers:
        check_engine(crew.plan, crew.storage)


def tell_interrupted(crew: Crew, name: str, done: str) -> str:
    """How a job stands that a person left.

    Args:
        done: `3 trials`.
    """
    if crew.plan.name == EXTERNAL:
        stop = f"`peftsearch stop {name}{storage_option(crew.storage)}`"
        return f"left with {done} done; its workers go on: {stop} ends the job"
    again = "run the same command to resume"
    return f"stopped with {done} done; what ran is queued again: {again}"


def _hold_against(foretold: Foretold, stopped: signal.Signals | None) -> signal.Signals | None:
    """Say that a run that went to its end took another time than was foreseen."""
    if stopped is None and (told := foretold.tell()):
        say(told)
    return stopped


def say(line: str) -> None:
    """A line to standard error."""
    log.print(line, highlight=False, soft_wrap=True)
