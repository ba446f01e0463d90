"""The workers that a command starts on this machine, and how their progress is shown."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from peftsearch.jobs.local_pool import run_pool
from peftsearch.live.foretold import Foretold
from peftsearch.live.terminal import LiveView, PlainView
from peftsearch.records.job import Job
from peftsearch.storage.store import Store

from .console import log

SIGNALLED = 128
"""And the signal's number: what shells say of a program that a signal ended."""


@dataclass(frozen=True)
class Crew:
    """The workers that a command starts, and where they work.

    Attributes:
        root: Folder of the jobs' files.
        workers: Processes on this machine; 0 leaves the job to others.
        quiet: Print no panel.
        trackers: To be told of the job, where they were asked for here; None takes the job's.
    """

    storage: str = field(repr=False)
    root: Path
    workers: int
    device: str
    quiet: bool
    trackers: Sequence[str] | None = None


def run_crew(store: Store, job: Job, crew: Crew) -> signal.Signals | None:
    """Work on a job until it ends; the signal of a person who interrupted it."""
    pool = (store, job, crew.storage, crew.root, crew.workers, crew.device)
    if crew.quiet or not log.is_terminal:
        plain = PlainView(store, job, log)
        return _hold_against(plain.foretold, run_pool(*pool, plain, crew.trackers))
    with LiveView(store, job, log) as live:
        stopped = run_pool(*pool, live, crew.trackers)
    return _hold_against(live.foretold, stopped)


def _hold_against(foretold: Foretold, stopped: signal.Signals | None) -> signal.Signals | None:
    """Say that a run that went to its end took another time than was foreseen."""
    if stopped is None and (told := foretold.tell()):
        say(told)
    return stopped


def say(line: str) -> None:
    """A line to standard error."""
    log.print(line, highlight=False, soft_wrap=True)
