"""A worker process of a pool: what it is given, what it does, and how its pool sees it."""

import contextlib
import os
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from peftsearch.errors import ANYTHING, NotFoundError, PeftsearchError
from peftsearch.message_text import as_line, trace
from peftsearch.records.job import Job
from peftsearch.records.worker import AWAITING_STORE
from peftsearch.storage.store import Store

from .group import LOST, start_group
from .joining import ask_patiently, leave_with_parent
from .monitor import Cancelled
from .process import Process
from .shared_status import CONTEXT, SharedMonitor, SharedStatus

if TYPE_CHECKING:
    from peftsearch.workers.training.trial_runner import TrialRunner

_TERMINATED = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Assignment:
    """All that a child process needs, as plain data.

    Attributes:
        job: Its id, since another job may have its name by the time the child has loaded.
        uid: Its id of its own, since a database that was made anew gives the same ids again.
        threads: Of each process.
        devices: That train each of its trials together, by a process each.
        rank: Of this process among them; 0 holds the trials.
        folder: By which these find each other.
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
    devices: int = 1
    rank: int = 0
    folder: Path = Path()


def run_child(assignment: Assignment, status: SharedStatus) -> None:
    """Entry point of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _leave(status))
    folder = assignment.folder if assignment.devices > 1 else None
    leave_with_parent(SharedMonitor(status, assignment.parent), folder)
    try:
        work(assignment, status)
    except ANYTHING as error:
        if os.environ.get("PEFTSEARCH_DEBUG"):
            print(trace(error), file=sys.stderr)
        text, code = f"{type(error).__name__}: {error}", 1
        if isinstance(error, PeftsearchError):
            text, code = str(error), error.exit_code
        status.error.put((as_line(text), code))
        raise SystemExit(1) from None
    if status.ending and not assignment.rank:
        raise SystemExit(_TERMINATED)


def _leave(status: SharedStatus) -> None:
    """On SIGTERM, which schedulers send to all processes of a job: who works gives its trial back,
    which is then no attempt in which a worker fell silent; who loads has none."""
    if not status.steps.value:
        os._exit(_TERMINATED)
    status.end()


def work(assignment: Assignment, status: SharedStatus) -> None:
    """Load, and work on the job until it ends; of several processes of a worker the first alone,
    and the others compute with it."""
    import torch

    torch.set_num_threads(assignment.threads)
    monitor = SharedMonitor(status, assignment.parent)
    opened = ask_patiently(lambda: Store.open(assignment.storage), monitor)
    with opened as store, contextlib.suppress(NotFoundError):
        # What is not found is the job: it was deleted, and there is nothing to work on.
        job = ask_patiently(lambda: store.job(assignment.job), monitor)
        if job.uid == assignment.uid:
            runner = _open(assignment, store, job, monitor)
            if assignment.devices == 1:
                _begin(assignment, store, job, runner, monitor)
            else:
                _join(assignment, store, job, runner, monitor)
            return
    if assignment.rank:
        os._exit(LOST)  # the first may wait for it


def _open(assignment: Assignment, store: Store, job: Job, monitor: SharedMonitor) -> "TrialRunner":
    from peftsearch.workers.runtime.devices import check_devices, choose_device
    from peftsearch.workers.runtime.memory import keep_loaded
    from peftsearch.workers.training.trial_runner import TrialRunner

    from .kept_places import check_trainable
    from .same_rows import check_inputs

    check_trainable(job.spec)
    check_devices(assignment.device, assignment.devices)
    place = assignment.index * assignment.devices + assignment.rank
    runner = TrialRunner.open(job.spec, choose_device(assignment.device, place))
    ask_patiently(lambda: check_inputs(store, job, runner.inputs), monitor)
    keep_loaded()
    return runner


def _begin(
    assignment: Assignment, store: Store, job: Job, runner: "TrialRunner", monitor: SharedMonitor
) -> None:
    from .loop import WorkerLoop

    known = (assignment.name, socket.gethostname(), os.getpid(), str(runner.device))
    ask_patiently(lambda: store.register_worker(job.id, *known), monitor)
    WorkerLoop(assignment.name, store, job, runner, assignment.root, monitor).run()


def _join(
    assignment: Assignment, store: Store, job: Job, runner: "TrialRunner", monitor: SharedMonitor
) -> None:
    from peftsearch.workers.training.team import meet

    def lose() -> NoReturn:
        """As a worker that was killed, unless it is to give back what it holds."""
        if monitor.stopping() and not assignment.rank:
            raise Cancelled
        os._exit(LOST)

    store.rest()
    team = meet(assignment.folder, assignment.rank, assignment.devices, runner.device, lose)
    if assignment.rank:
        runner.follow_all(team)
        return
    runner.team = team
    with contextlib.suppress(Cancelled):
        try:
            _begin(assignment, store, job, runner, monitor)
        finally:
            team.tell(None)
            shutil.rmtree(assignment.folder, ignore_errors=True)  # its pool may be gone


@dataclass
class Child:
    """One worker process as its pool sees it."""

    name: str
    index: int
    status: SharedStatus
    process: Process
    steps: int = -1
    ended: int = 0
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
        """Steps of its trial, done and in total, or that it waits for the store of artefacts; None
        while it holds none or prepares it."""
        steps = self.batches
        told = steps[1] or steps == AWAITING_STORE
        return steps if self.trial is not None and told else (None, None)

    def watch(self) -> float:
        """Seconds since its step counter last moved, or it asked for a database that is away."""
        steps = int(self.status.steps.value) + int(self.status.knocks.value)
        if steps != self.steps:
            self.steps, self.moved = steps, time.monotonic()
        return time.monotonic() - self.moved

    @property
    def end(self) -> str:
        """How it ended: `killed by SIGKILL`, `with exit code 1`."""
        return tell_exit(self.process.exitcode)

    def has_ended_one(self) -> bool:
        """Whether a trial of its ended since the last time that this was asked."""
        before, self.ended = self.ended, int(self.status.ended.value)
        return self.ended > before


def start_child(assignment: Assignment) -> Child:
    """Start a worker of this machine, of this process: a process for each of its devices."""
    status = SharedStatus()

    def start(rank: int, folder: Path) -> Process:
        own = replace(assignment, rank=rank, folder=folder)
        process = CONTEXT.Process(target=run_child, args=(own, status), name=own.name, daemon=True)
        process.start()
        return process

    devices = assignment.devices
    process = start(0, Path()) if devices == 1 else start_group(devices, start)
    return Child(assignment.name, assignment.index, status, process)


def tell_exit(code: int | None) -> str:
    """How a process ended: `killed by SIGKILL`, `with exit code 1`."""
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    if code == _TERMINATED:
        return "ended by SIGTERM"
    if code == LOST:
        return "as one of its processes had ended"
    return f"with exit code {code}"
