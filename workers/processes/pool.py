"""A local pool: child processes that run the worker loop, and the parent that watches them.

The parent renews a child's lease only while the child's step counter moves. A child that stalls
is killed; a child that died, however it died, has its trial requeued at once and is replaced.
Children ignore Ctrl-C: the parent hears it and asks them to stop, so that each gives its trial
back.
"""

import contextlib
import os
import signal
import socket
import sys
import time
import uuid
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path

from peftsearch.errors import ANYTHING, NotFoundError, PeftsearchError, StoreUnavailable
from peftsearch.message_text import as_line, trace
from peftsearch.records.job import Job, JobState
from peftsearch.storage.store import Store
from peftsearch.workers.runtime.threads import count_threads

from .lease_times import LEASE_SECONDS, RENEW_SECONDS
from .shared_status import CONTEXT, SharedMonitor, SharedStatus

PROGRESS_SECONDS = 1.0
STALL_SECONDS = 600.0
MAX_RESTARTS = 5


class WorkerError(PeftsearchError):
    """A worker process could not start, or the pool's workers kept dying."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Assignment:
    """All that a child process needs, as plain data.

    Attributes:
        job: Its id, since another job may have its name by the time the child has loaded.
        uid: Its id of its own, since a database that was made anew gives the same ids again.
    """

    storage: str = field(repr=False)
    job: int
    uid: str
    root: Path
    device: str
    threads: int
    name: str
    parent: int
    index: int


def _child(assignment: Assignment, status: SharedStatus) -> None:
    """Entry point of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _work(assignment, status)
    except ANYTHING as error:
        if os.environ.get("PEFTSEARCH_DEBUG"):
            print(trace(error), file=sys.stderr)
        text, code = f"{type(error).__name__}: {error}", 1
        if isinstance(error, PeftsearchError):
            text, code = str(error), error.exit_code
        status.error.put((as_line(text), code))
        raise SystemExit(1) from None


def _work(assignment: Assignment, status: SharedStatus) -> None:
    import torch

    from peftsearch.workers.runtime.devices import choose_device
    from peftsearch.workers.runtime.memory import keep_loaded
    from peftsearch.workers.training.trial_runner import TrialRunner

    from .built_in import check_built_in
    from .loop import WorkerLoop

    torch.set_num_threads(assignment.threads)
    with Store.open(assignment.storage) as store, contextlib.suppress(NotFoundError):
        # What is not found is the job: it was deleted, and there is nothing to work on.
        job = store.job(assignment.job)
        if job.uid != assignment.uid:
            return
        check_built_in(job.spec)
        device = choose_device(assignment.device, assignment.index)
        runner = TrialRunner.open(job.spec, device)
        keep_loaded()
        store.register_worker(
            job.id, assignment.name, socket.gethostname(), os.getpid(), str(runner.device)
        )
        monitor = SharedMonitor(status, assignment.parent)
        WorkerLoop(assignment.name, store, job, runner, assignment.root, monitor).run()


@dataclass
class Child:
    """One worker process as its parent sees it."""

    name: str
    index: int
    status: SharedStatus
    process: SpawnProcess
    steps: int = -1
    moved: float = field(default_factory=time.monotonic)
    told: tuple[int | None, int | None] = (None, None)
    beaten: float = 0.0

    @property
    def loaded(self) -> bool:
        """Whether it has begun to work; until then it is unknown to the store."""
        return int(self.status.steps.value) > 0

    @property
    def trial(self) -> tuple[int, int] | None:
        """Id and attempt of the trial it holds."""
        trial, attempt = int(self.status.trial.value), int(self.status.attempt.value)
        return (trial, attempt) if trial >= 0 else None

    @property
    def number(self) -> int:
        """Of the trial it holds; negative where it holds none."""
        return int(self.status.number.value)

    @property
    def batches(self) -> tuple[int, int]:
        """Steps of what it does, done and in total; 0 where that is not known."""
        return int(self.status.done.value), int(self.status.total.value)

    @property
    def progress(self) -> tuple[int | None, int | None]:
        """Steps of its trial, done and in total; None while it holds none or prepares it."""
        done, total = int(self.status.done.value), int(self.status.total.value)
        return (done, total) if self.trial is not None and total else (None, None)

    def watch(self) -> float:
        """Seconds since its step counter last moved."""
        steps = int(self.status.steps.value)
        if steps != self.steps:
            self.steps, self.moved = steps, time.monotonic()
        return time.monotonic() - self.moved


@dataclass
class Pool:
    """`n` workers of one job on this machine.

    Attributes:
        store: The parent's own connection.
        device: `auto`, `cpu` or a torch device.
    """

    store: Store
    job: Job
    storage: str = field(repr=False)
    root: Path
    workers: int
    device: str = "auto"
    children: list[Child] = field(default_factory=list)
    restarts: int = 0
    told: float = 0.0
    renewed: float = 0.0

    def start(self) -> None:
        """Start all workers; they need some seconds to load the model."""
        self.children = [self._spawn(index) for index in range(self.workers)]

    def _spawn(self, index: int) -> Child:
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        threads = count_threads(self.workers)
        job, pid = (self.job.id, self.job.uid), os.getpid()
        assignment = Assignment(
            self.storage, *job, self.root, self.device, threads, name, pid, index
        )
        status = SharedStatus()
        process = CONTEXT.Process(target=_child, args=(assignment, status), name=name, daemon=True)
        process.start()
        return Child(name, index, status, process)

    def poll(self) -> bool:
        """Renew, kill what stalls, replace what died. False when no worker is left.

        Raises:
            WorkerError: A worker could not start, or workers died `MAX_RESTARTS` times.
        """
        for child in list(self.children):
            if child.process.is_alive():
                if child.watch() > STALL_SECONDS:
                    child.process.kill()
            else:
                self._bury(child)
        with contextlib.suppress(StoreUnavailable):
            if time.monotonic() - self.told > PROGRESS_SECONDS:
                self.told = time.monotonic()
                self._tell()
            if time.monotonic() - self.renewed > RENEW_SECONDS:
                self.renewed = time.monotonic()
                self._renew()
        return bool(self.children)

    def _tell(self) -> None:
        """Write down which children live and how far they are, where that is news."""
        for child in self.children:
            if child.loaded and child.watch() < RENEW_SECONDS * 2:
                progress = child.progress
                if progress != child.told or time.monotonic() - child.beaten > RENEW_SECONDS:
                    self._beat(child, progress)

    def _beat(self, child: Child, progress: tuple[int | None, int | None]) -> None:
        try:
            self.store.heartbeat(child.name, *progress)
        except NotFoundError:
            # Its job was deleted: whatever it trains is for nobody.
            child.status.stop.set()
        child.told, child.beaten = progress, time.monotonic()

    def _renew(self) -> None:
        for child in self.children:
            if child.trial is not None and child.watch() < LEASE_SECONDS:
                self.store.renew(*child.trial, LEASE_SECONDS)

    def _bury(self, child: Child) -> None:
        self.children.remove(child)
        self._expire(child)
        if not child.status.error.empty():
            message, code = child.status.error.get()
            raise WorkerError(message, code)
        if child.process.exitcode == 0 or child.status.stop.is_set():
            return
        self.restarts += 1
        if self.restarts > MAX_RESTARTS:
            raise WorkerError(
                f"worker processes died {self.restarts} times, the last with exit code "
                f"{child.process.exitcode}; see `peftsearch show {self.job.name}`"
            )
        if self._wanted():
            self.children.append(self._spawn(child.index))

    def _wanted(self) -> bool:
        """Whether the job still runs; taken to be so while the database is away."""
        try:
            pulse = self.store.pulse(self.job.name)
        except NotFoundError:
            return False
        except StoreUnavailable:
            return True
        return pulse.uid == self.job.uid and pulse.state is JobState.RUNNING

    def _expire(self, child: Child) -> None:
        """Let the trial of a dead child be requeued now instead of when its lease runs out, and
        let nobody count on the child."""
        with contextlib.suppress(StoreUnavailable):
            if child.trial is not None:
                self.store.renew(*child.trial, 0.0)
            self.store.unregister_worker(child.name)

    def kill(self) -> None:
        """End all workers now, and queue again what they held."""
        for child in self.children:
            child.process.kill()
            child.process.join()
            self._expire(child)
        self.children.clear()
        with contextlib.suppress(StoreUnavailable, NotFoundError):
            self.store.requeue_expired(self.job.id)
