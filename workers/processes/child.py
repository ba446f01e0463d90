"""A worker process of a pool: what it is given, what it does, and how its pool sees it."""

import contextlib
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from peftsearch.errors import ANYTHING, NotFoundError, PeftsearchError
from peftsearch.message_text import as_line, trace
from peftsearch.storage.store import Store

from .joining import ask_patiently, leave_with_parent
from .shared_status import CONTEXT, SharedMonitor, SharedStatus

_TERMINATED = 128 + signal.SIGTERM


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


def run_child(assignment: Assignment, status: SharedStatus) -> None:
    """Entry point of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _leave(status))
    leave_with_parent(SharedMonitor(status, assignment.parent))
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
    if status.ending:
        raise SystemExit(_TERMINATED)


def _leave(status: SharedStatus) -> None:
    """On SIGTERM, which schedulers send to all processes of a job: who works gives its trial back,
    which is then no attempt in which a worker fell silent; who loads has none."""
    if not status.steps.value:
        os._exit(_TERMINATED)
    status.end()


def work(assignment: Assignment, status: SharedStatus) -> None:
    """Load, and work on the job until it ends."""
    import torch

    from peftsearch.workers.runtime.devices import choose_device
    from peftsearch.workers.runtime.memory import keep_loaded
    from peftsearch.workers.training.trial_runner import TrialRunner

    from .built_in import check_built_in
    from .loop import WorkerLoop
    from .same_rows import check_rows

    torch.set_num_threads(assignment.threads)
    monitor = SharedMonitor(status, assignment.parent)
    opened = ask_patiently(lambda: Store.open(assignment.storage), monitor)
    with opened as store, contextlib.suppress(NotFoundError):
        # What is not found is the job: it was deleted, and there is nothing to work on.
        job = ask_patiently(lambda: store.job(assignment.job), monitor)
        if job.uid != assignment.uid:
            return
        check_built_in(job.spec)
        device = choose_device(assignment.device, assignment.index)
        runner = TrialRunner.open(job.spec, device)
        ask_patiently(lambda: check_rows(store, job, runner.data.fingerprint), monitor)
        keep_loaded()
        known = (assignment.name, socket.gethostname(), os.getpid(), str(runner.device))
        ask_patiently(lambda: store.register_worker(job.id, *known), monitor)
        WorkerLoop(assignment.name, store, job, runner, assignment.root, monitor).run()


class Process(Protocol):
    """A process of the worker loop, here or on another machine."""

    @property
    def exitcode(self) -> int | None:
        """How it ended; None while it has not, or where nobody could see it."""

    def is_alive(self) -> bool:
        """Whether it has not ended."""

    def kill(self) -> None:
        """End it now."""

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, at most so many seconds."""


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
        """Steps of its trial, done and in total; None while it holds none or prepares it."""
        done, total = int(self.status.done.value), int(self.status.total.value)
        return (done, total) if self.trial is not None and total else (None, None)

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
    """Start a worker process of this machine, of this process."""
    status = SharedStatus()
    process = CONTEXT.Process(
        target=run_child, args=(assignment, status), name=assignment.name, daemon=True
    )
    process.start()
    return Child(assignment.name, assignment.index, status, process)


def tell_exit(code: int | None) -> str:
    """How a process ended: `killed by SIGKILL`, `with exit code 1`."""
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    if code == _TERMINATED:
        return "ended by SIGTERM"
    return f"with exit code {code}"
