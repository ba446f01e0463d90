"""One local worker pool: `peftsearch worker` in a session of its own, and who tends it."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from peftsearch.service.settings import Settings
from peftsearch.storage.connection import describe, parse_url

from .children import child_environment
from .machines import machine_mark
from .pool_memory import LAST, remember
from .pool_records import ENDING, PoolRecord, keep, release
from .pool_status import PoolStatus
from .processes import Process, kill

PROGRAM = (sys.executable, "-m", "peftsearch")
RESTARTS = 3
LOG_BYTES = 4_000_000
_TICK_SECONDS = 0.2


@dataclass(frozen=True)
class Timing:
    """Seconds.

    Attributes:
        pause: Before the first restart; it doubles with each.
        patience: From the request to leave until the pool is killed.
        closing: The same when the service ends.
        leaving: That a caller waits for a pool whose job has ended.
        healthy: After which a pool that a signal ends has shown that it can run: it may be started
            again as often as a new one.
    """

    pause: float = 1.0
    patience: float = 30.0
    closing: float = 10.0
    leaving: float = 5.0
    healthy: float = 600.0


TIMING = Timing()


class Orphan:
    """A pool that another service started, and left behind when it was killed.

    Nobody tells how it ends: it is taken to be by a signal, and is started again if its job runs.
    """

    def __init__(self, process: Process) -> None:
        self.pid, self._process = process.pid, process

    def poll(self) -> int | None:
        """See `subprocess.Popen.poll`."""
        return None if self._process.lives else -signal.SIGKILL

    def send_signal(self, number: int) -> None:
        """See `subprocess.Popen.send_signal`."""
        if self._process.lives:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class PoolProcess:
    """A pool that runs from its construction on.

    One that a signal ended, as when memory ran out, is started again `RESTARTS` times; one that
    ended by itself, or whose job does not run any more, is not.

    Args:
        uid: Of the job: one that gets its name later is another's.
        runs: Whether the job runs, as far as is known.
        orphan: One that runs already.
    """

    def __init__(
        self,
        settings: Settings,
        status: PoolStatus,
        uid: str,
        runs: Callable[[], bool],
        program: Sequence[str] = PROGRAM,
        timing: Timing = Timing(),
        orphan: Process | None = None,
    ) -> None:
        self.status, self._uid = status, uid
        self._settings, self._runs, self._timing = settings, runs, timing
        self._command = [
            *(*program, "worker", status.job, "--uid", uid),
            *("--workers", str(status.workers), "--device", status.device),
        ]
        self._log, self._kept = log_path(settings, status.job), record_path(settings, status.job)
        self._asked, self._lock = threading.Event(), threading.Lock()
        self._process = self._begin(orphan)
        name = f"pool-{status.job}"
        self.thread = threading.Thread(target=self._tend, name=name, daemon=True)
        self.thread.start()

    @property
    def pid(self) -> int:
        """Of the process that watches the workers."""
        return self._process.pid

    @property
    def leaves(self) -> bool:
        """Whether it was asked to leave, or its job has ended, and so its workers will."""
        return self._asked.is_set() or not self._runs()

    def ask(self) -> None:
        """Let the workers give back their trials and leave."""
        with self._lock:
            if self.status.active:
                self.status = replace(self.status, state="stopping")
        self._asked.set()

    def kill(self) -> None:
        """End the pool's processes now; their trials are queued again when their leases end."""
        self._asked.set()
        if isinstance(self._process, Orphan) and self._process.poll() is not None:
            return  # its number may be another's by now
        kill(self.pid)

    def _begin(self, orphan: Process | None) -> "subprocess.Popen[bytes] | Orphan":
        if orphan is not None:
            self._keep(orphan.pid)
            return Orphan(orphan)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        remember(last_path(self._settings, self.status.job), self.status)
        return self._spawn()

    def _keep(self, pid: int) -> None:
        """Write down that this service tends the process; one that has ended already is over."""
        processes = Process.find(pid), Process.find(os.getpid())
        keep(self._kept, PoolRecord(self.status, self._uid, *processes))

    def _spawn(self) -> "subprocess.Popen[bytes]":
        roots = self._settings.data_roots
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=child_environment(self._settings),
                cwd=roots[0] if roots else None,
                start_new_session=True,
            )
        self._keep(process.pid)
        return process

    def _tend(self) -> None:
        restarts = 0
        while True:
            begun = time.monotonic()
            code = self._wait()
            if code >= 0 or self.leaves:
                break
            if time.monotonic() - begun > self._timing.healthy:
                restarts = 0
            if restarts == RESTARTS or self._asked.wait(self._timing.pause * 2**restarts):
                break
            restarts += 1
            self._process = self._spawn()
        ended = self._end(code)
        release(self._kept)
        with self._lock:
            self.status = ended

    def _wait(self) -> int:
        """The exit code. A pool that was asked to leave is killed when its time is up."""
        deadline = None
        while (code := self._process.poll()) is None:
            if self._asked.is_set():
                if deadline is None:
                    deadline = time.monotonic() + self._timing.patience
                    # Not SIGINT: programs of a service that a script keeps in the background
                    # begin with it ignored.
                    self._process.send_signal(signal.SIGTERM)
                elif time.monotonic() > deadline:
                    self.kill()
            self._cut_log()
            time.sleep(_TICK_SECONDS)
        return code

    def _cut_log(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # somebody removed it: the pool goes on
            if self._log.stat().st_size > LOG_BYTES:
                os.truncate(self._log, 0)

    def _end(self, code: int) -> PoolStatus:
        if code == 0 or self.leaves:
            return replace(self.status, state="ended")
        message = last_error(self._log, code)
        if code < 0:
            name = signal.Signals(-code).name
            message = f"{name} ended the pool {RESTARTS + 1} times; resume the job to try again"
        return replace(self.status, state="failed", message=message)


def log_path(settings: Settings, job: str) -> Path:
    """Where a job's pool writes; no job's own folder begins with a dot, and those of services of
    other databases and machines may share the root."""
    return logs_folder(settings) / f"{job}{machines_mark(settings)}.log"


def record_path(settings: Settings, job: str) -> Path:
    """Where a service writes down that it tends a job's pool."""
    return logs_folder(settings) / f"{job}{machines_mark(settings)}{ENDING}"


def last_path(settings: Settings, job: str) -> Path:
    """Where it is written down what the last pool of a job was."""
    return logs_folder(settings) / f"{job}{database_mark(settings)}{LAST}"


def logs_folder(settings: Settings) -> Path:
    """Of what services and their pools write beside the jobs' files."""
    return settings.root / ".logs"


def database_mark(settings: Settings) -> str:
    """By which the names of files in that folder are of this service's database."""
    database = describe(parse_url(settings.storage)).encode()
    return f"-{hashlib.sha256(database).hexdigest()[:8]}"


def machines_mark(settings: Settings) -> str:
    """The same for what is of this machine alone."""
    return database_mark(settings) + machine_mark()


def last_error(log: Path, code: int) -> str:
    """The last line that a program gave as its error."""
    lines: list[str] = []
    with contextlib.suppress(FileNotFoundError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return errors[-1] if errors else f"the pool ended with exit code {code}; see {log}"
