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
from .pool_status import PoolStatus

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
    """

    pause: float = 1.0
    patience: float = 30.0
    closing: float = 10.0
    leaving: float = 5.0


TIMING = Timing()


class PoolProcess:
    """A pool that runs from its construction on.

    One that a signal ended, as when memory ran out, is started again `RESTARTS` times; one that
    ended by itself, or whose job does not run any more, is not.

    Args:
        uid: Of the job: one that gets its name later is another's.
        runs: Whether the job runs, as far as is known.
    """

    def __init__(
        self,
        settings: Settings,
        status: PoolStatus,
        uid: str,
        runs: Callable[[], bool],
        program: Sequence[str] = PROGRAM,
        timing: Timing = Timing(),
    ) -> None:
        self.status = status
        self._settings, self._runs, self._timing = settings, runs, timing
        self._command = [
            *(*program, "worker", status.job, "--uid", uid),
            *("--workers", str(status.workers), "--device", status.device),
        ]
        self._log = log_path(settings, status.job)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        self._asked, self._lock = threading.Event(), threading.Lock()
        self._process = self._spawn()
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
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        roots = self._settings.data_roots
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=child_environment(self._settings),
                cwd=roots[0] if roots else None,
                start_new_session=True,
            )

    def _tend(self) -> None:
        for restart in range(RESTARTS + 1):
            code = self._wait()
            if code >= 0 or self.leaves:
                break
            if restart == RESTARTS or self._asked.wait(self._timing.pause * 2**restart):
                break
            self._process = self._spawn()
        ended = self._end(code)
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
    other databases may share the root."""
    database = hashlib.sha256(describe(parse_url(settings.storage)).encode()).hexdigest()[:8]
    return settings.root / ".logs" / f"{job}-{database}.log"


def last_error(log: Path, code: int) -> str:
    """The last line that a program gave as its error."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return errors[-1] if errors else f"the pool ended with exit code {code}; see {log}"
