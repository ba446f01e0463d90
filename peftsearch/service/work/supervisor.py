"""The local worker pools of a service: one for each job at most."""

import threading
import time
from collections.abc import Sequence

from peftsearch.errors import Conflict
from peftsearch.service.settings import Settings

from .pool_process import PROGRAM, TIMING, PoolProcess, Timing, log_path
from .pool_status import PoolStatus


class Supervisor:
    """The pools that this service started; for all threads.

    Args:
        program: What is run as `peftsearch`.
    """

    def __init__(
        self,
        settings: Settings,
        program: Sequence[str] = PROGRAM,
        timing: Timing = TIMING,
    ) -> None:
        self._settings, self._program, self._timing = settings, program, timing
        self._pools: dict[str, PoolProcess] = {}
        self._lock = threading.Lock()
        self._closed = False

    def start(self, job: str, workers: int, device: str) -> PoolStatus:
        """Start a pool for a job.

        Raises:
            Conflict: It has one, or the service ends.
        """
        with self._lock:
            self._check_free(job)
            if self._closed:
                raise Conflict("a running service", "one that ends", "start it again")
            status = PoolStatus(job, workers, device, "running", None, time.time())
            self._pools[job] = PoolProcess(self._settings, status, self._program, self._timing)
            return status

    def check_free(self, job: str) -> None:
        """Refuse a job that has a pool.

        Raises:
            Conflict: It has.
        """
        with self._lock:
            self._check_free(job)

    def check_not_leaving(self, job: str) -> None:
        """Refuse a job whose pool was told to leave: it would stay told so.

        Raises:
            Conflict: Its pool is leaving.
        """
        pool = self.pool(job)
        if pool is not None and pool.state == "stopping":
            self.check_free(job)

    def _check_free(self, job: str) -> None:
        pool = self._pools.get(job)
        if pool is not None and pool.status.active:
            ends = pool.status.state == "stopping"
            got = "one whose workers finish their trials" if ends else "one that runs"
            hint = "wait until they have left" if ends else "stop the job before"
            raise Conflict(f"job {job!r} without a pool", got, hint)

    def announce_stop(self, job: str) -> None:
        """A job was stopped in the database: its pool ends with its trials, and stays ended."""
        if pool := self._find(job):
            pool.announce()

    def stop(self, job: str) -> None:
        """Let a job's pool give back its trials now; after a while it is killed."""
        if pool := self._find(job):
            pool.ask()

    def pool(self, job: str) -> PoolStatus | None:
        """A job's pool, also one that has ended; None where there was none."""
        found = self._find(job)
        return None if found is None else found.status

    def pools(self) -> dict[str, PoolStatus]:
        """The newest pool of each job."""
        with self._lock:
            return {job: pool.status for job, pool in self._pools.items()}

    def pid(self, job: str) -> int | None:
        """Process id of a job's pool."""
        found = self._find(job)
        return None if found is None else found.pid

    def forget(self, job: str) -> None:
        """Drop what is known of a job that is deleted, and its log."""
        with self._lock:
            self._pools.pop(job, None)
        log_path(self._settings.root, job).unlink(missing_ok=True)

    def close(self) -> None:
        """End all pools; their jobs stay as they are and can be resumed."""
        with self._lock:
            self._closed = True
            pools = [x for x in self._pools.values() if x.status.active]
        for pool in pools:
            pool.ask()
        deadline = time.monotonic() + self._timing.closing
        for pool in pools:
            pool.thread.join(max(0.0, deadline - time.monotonic()))
            pool.kill()
            pool.thread.join()

    def _find(self, job: str) -> PoolProcess | None:
        with self._lock:
            return self._pools.get(job)
