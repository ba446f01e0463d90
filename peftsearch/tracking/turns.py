"""Which of several processes tells a tracker of a job: the one that came first and still lives."""

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from peftsearch.errors import StoreUnavailable
from peftsearch.records.job import Job
from peftsearch.records.worker import Worker
from peftsearch.storage.store import Store
from peftsearch.workers.processes.beats import repeat_beside
from peftsearch.workers.processes.lease_times import SUGGESTION_RENEW_SECONDS
from peftsearch.workers.processes.liveness import is_live

_COMMAND = "track"


@dataclass(frozen=True)
class Turn:
    """A place in the row of those that tell one tracker of one job."""

    store: Store
    job: Job
    tracker: str
    name: str

    def first(self) -> Worker | None:
        """Who tells it while this one waits; None where it is this one's turn."""
        row = [
            x
            for x in self.store.all_at_work(self.job.id)
            if x.command == _COMMAND and x.device == self.tracker and is_live(x)
        ]
        before = [x for x in row if x.name < self.name]
        return before[0] if before else None


@contextlib.contextmanager
def standing_in(store: Store, job: Job, tracker: str) -> Iterator[Turn]:
    """Stand in the row of a tracker while the block runs; others see that the job is worked on.

    Raises:
        NotFoundError: The job was deleted.
    """
    host, pid = socket.gethostname(), os.getpid()
    # Who came later has a later name.
    name = f"{time.time():017.6f}-{host}-{pid}-{_COMMAND}"
    store.register_worker(job.id, name, host, pid, tracker, _COMMAND)
    try:
        with repeat_beside(store, SUGGESTION_RENEW_SECONDS, lambda own: own.heartbeat(name)):
            yield Turn(store, job, tracker, name)
    finally:
        with contextlib.suppress(StoreUnavailable):
            store.unregister_worker(name)
