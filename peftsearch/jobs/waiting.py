"""A worker without a job of its own: it works on whichever job of the database runs."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peftsearch.errors import NotFoundError, StoreDamaged, StoreUnavailable, UserError
from peftsearch.records.job import Job, JobState
from peftsearch.storage.store import Store
from peftsearch.workers.engines.plan import LOCAL_PLAN, EnginePlan
from peftsearch.workers.processes.pool import WorkerError

from .interrupt import Interrupt
from .local_pool import View, run_pool

_POLL_SECONDS = 2.0
_NAP_SECONDS = 0.1
_FIRST_PAUSE, _LONGEST_PAUSE = 30.0, 1800.0


@dataclass(frozen=True)
class _Pause:
    """Of a job whose workers could not work: a full disk, a missing model, a wrong version.

    What is wrong may be mended on this machine, of which the database says nothing, so no job is
    left alone for good; each pause is twice as long as the one before.

    Attributes:
        document: The job's, as it was when they failed.
        until: Seconds of the monotonic clock.
    """

    document: Mapping[str, Any]
    seconds: float
    until: float


@dataclass
class Waiter:
    """Works on the running jobs of a database, the oldest first, until a person interrupts.

    Attributes:
        say: Shows a line.
        view: Makes what shows a job's progress.
        trackers: To be told of all jobs; None takes those of each job that are installed.
        plan: Who starts the workers.
    """

    store: Store
    storage: str = field(repr=False)
    root: Path
    workers: int
    device: str
    say: Callable[[str], None]
    view: Callable[[Store, Job], View]
    trackers: Sequence[str] | None = None
    plan: EnginePlan = LOCAL_PLAN
    _pauses: dict[int, _Pause] = field(default_factory=dict)

    def run(self) -> None:
        """Return when Ctrl-C or SIGTERM comes; what ran is queued again.

        Raises:
            StoreDamaged: The database is.
        """
        interrupt = Interrupt()
        with interrupt.installed():
            self.say("waiting for jobs; Ctrl-C ends it")
            while not interrupt.count:
                job = self._find()
                if job is not None and not self._work(job):
                    return
                _sleep(interrupt)

    def _find(self) -> Job | None:
        """The oldest job that runs and has no pause; none while the database is away.

        Raises:
            StoreDamaged: Waiting mends nothing.
        """
        try:
            return self._find_ready()
        except StoreDamaged:
            raise
        except (StoreUnavailable, NotFoundError):
            return None

    def _find_ready(self) -> Job | None:
        for pulse in self.store.pulses():
            if pulse.state is not JobState.RUNNING:
                self._pauses.pop(pulse.id, None)
                continue
            job = self.store.find_job(pulse.name)
            pause = self._pause_of(job)
            if pause is None or time.monotonic() >= pause.until:
                return job
        return None

    def _pause_of(self, job: Job) -> _Pause | None:
        """Its pause; one that changed since has none."""
        pause = self._pauses.get(job.id)
        return pause if pause is not None and pause.document == job.document else None

    def _work(self, job: Job) -> bool:
        """False when a person interrupted."""
        self.say(f"working on job {job.name}")
        pool = (self.store, job, self.storage, self.root, self.workers, self.device)
        try:
            view = self.view(self.store, job)
            unbroken = run_pool(*pool, view, self.trackers, self.plan) is None
            self._pauses.pop(job.id, None)
            return unbroken
        except StoreDamaged:
            raise
        except (NotFoundError, StoreUnavailable) as error:
            self.say(f"job {job.name}: {error}")
        except (WorkerError, UserError) as error:
            pause = self._prolong(job)
            then = f"tried again in {pause.seconds:.0f} s, or when it changes"
            self.say(f"job {job.name} is {then}: {error}")
        return True

    def _prolong(self, job: Job) -> _Pause:
        former = self._pause_of(job)
        seconds = min(2 * former.seconds, _LONGEST_PAUSE) if former else _FIRST_PAUSE
        pause = _Pause(job.document, seconds, time.monotonic() + seconds)
        self._pauses[job.id] = pause
        return pause


def _sleep(interrupt: Interrupt) -> None:
    """Short naps, since a signal does not cut a sleep short."""
    until = time.monotonic() + _POLL_SECONDS
    while not interrupt.count and time.monotonic() < until:
        time.sleep(_NAP_SECONDS)
