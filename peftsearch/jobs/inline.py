"""Working on a job in the caller's own process."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from peftsearch.errors import StoreUnavailable
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.storage.store import Store
from peftsearch.workers.processes.beats import repeat_beside
from peftsearch.workers.processes.lease_times import LEASE_SECONDS, RENEW_SECONDS
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.processes.same_rows import check_inputs
from peftsearch.workers.runtime.memory import keeping_loaded
from peftsearch.workers.runtime.threads import count_threads
from peftsearch.workers.training.trial_runner import TrialRunner


def work_inline(
    store: Store,
    job: Job,
    runner: TrialRunner,
    root: Path,
    make_monitor: "Callable[[Store, str], InlineMonitor] | None" = None,
    silent: bool = False,
) -> None:
    """Work on a job until it ends.

    Args:
        root: Folder of the jobs' files.
        make_monitor: Makes the monitor of the worker of that name; None takes a plain one.
        silent: Whether trials may take no step for long, so that leases are renewed beside them.

    Raises:
        KeyboardInterrupt: On Ctrl-C, after the running trial was given back.
        UserError: The job began with other rows, or another model.
    """
    check_inputs(store, job, runner.inputs)
    name = f"{socket.gethostname()}-{os.getpid()}-inline"
    store.register_worker(job.id, name, socket.gethostname(), os.getpid(), str(runner.device))
    monitor = (make_monitor or InlineMonitor)(store, name)
    renewed = repeat_beside(store, RENEW_SECONDS, monitor.renew_beside)
    beside = renewed if silent else contextlib.nullcontext()
    with _limited_threads(), keeping_loaded(), beside:
        WorkerLoop(name, store, job, runner, root, monitor).run()


@contextlib.contextmanager
def _limited_threads() -> Iterator[None]:
    """As many threads as a worker process gets, or fewer where the caller told torch so; the
    process is the caller's, who finds the number as it was."""
    before = torch.get_num_threads()
    torch.set_num_threads(min(before, count_threads()))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass
class InlineMonitor:
    """Monitor of a worker in this process: its steps renew its own lease."""

    store: Store
    name: str
    trial: Trial | None = None
    renewed: float = field(default_factory=time.monotonic)

    def claimed(self, trial: Trial | None) -> None:
        """Remember what is held."""
        self.trial = trial

    def step(self, done: int, total: int) -> None:
        """Renew the lease and show the progress now and then; a database that is away for a
        while does not end the trial."""
        if time.monotonic() - self.renewed > RENEW_SECONDS:
            self.renewed = time.monotonic()
            with contextlib.suppress(StoreUnavailable):
                self._renew(done, total)

    def renew_beside(self, own: Store) -> None:
        """Renew the lease from another thread, over a connection of its own."""
        own.heartbeat(self.name)
        if (trial := self.trial) is not None:
            own.renew(trial.id, trial.attempt, LEASE_SECONDS, self.name)

    def _renew(self, done: int, total: int) -> None:
        if self.trial is None:
            self.store.heartbeat(self.name)
            return
        self.store.heartbeat(self.name, done, total)
        self.store.renew(self.trial.id, self.trial.attempt, LEASE_SECONDS, self.name)

    def stopping(self) -> bool:
        """Never: Ctrl-C raises KeyboardInterrupt in this process."""
        return False
