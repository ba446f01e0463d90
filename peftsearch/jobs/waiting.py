"""A worker without a job of its own: it works on whichever job of the database runs."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peftsearch.errors import NotFoundError, StoreUnavailable, UserError
from peftsearch.records.job import Job, JobState
from peftsearch.storage.store import Store
from peftsearch.workers.processes.pool import WorkerError

from .interrupt import Interrupt
from .local_pool import View, run_pool

_POLL_SECONDS = 2.0
_NAP_SECONDS = 0.1


@dataclass
class Waiter:
    """Works on the running jobs of a database, the oldest first, until a person interrupts.

    Attributes:
        say: Shows a line.
        view: Makes what shows a job's progress.
        trackers: To be told of all jobs; None takes those of each job that are installed.
    """

    store: Store
    storage: str = field(repr=False)
    root: Path
    workers: int
    device: str
    say: Callable[[str], None]
    view: Callable[[Store, Job], View]
    trackers: Sequence[str] | None = None
    _left_alone: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    def run(self) -> None:
        """Return when Ctrl-C or SIGTERM comes; what ran is queued again."""
        interrupt = Interrupt()
        with interrupt.installed():
            self.say("waiting for jobs; Ctrl-C ends it")
            while not interrupt.count:
                job = self._find()
                if job is not None and not self._work(job):
                    return
                _sleep(interrupt)

    def _find(self) -> Job | None:
        """The oldest job that runs and is not left alone."""
        with contextlib.suppress(StoreUnavailable, NotFoundError):
            for pulse in self.store.pulses():
                if pulse.state is not JobState.RUNNING:
                    self._left_alone.pop(pulse.id, None)
                    continue
                job = self.store.find_job(pulse.name)
                if self._left_alone.get(pulse.id) != job.document:
                    return job
        return None

    def _work(self, job: Job) -> bool:
        """False when a person interrupted."""
        self.say(f"working on job {job.name}")
        pool = (self.store, job, self.storage, self.root, self.workers, self.device)
        try:
            return run_pool(*pool, self.view(self.store, job), self.trackers) is None
        except (NotFoundError, StoreUnavailable) as error:
            self.say(f"job {job.name}: {error}")
        except (WorkerError, UserError) as error:
            self.say(f"job {job.name} is left alone until it changes: {error}")
            self._left_alone[job.id] = job.document
        return True


def _sleep(interrupt: Interrupt) -> None:
    """Short naps, since a signal does not cut a sleep short."""
    until = time.monotonic() + _POLL_SECONDS
    while not interrupt.count and time.monotonic() < until:
        time.sleep(_NAP_SECONDS)
