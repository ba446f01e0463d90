"""The local worker pools of a service: one for each job at most."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from peftsearch.errors import Conflict
from peftsearch.service.settings import Settings

from .pool_memory import recall
from .pool_process import (
    PROGRAM,
    TIMING,
    PoolProcess,
    Timing,
    database_mark,
    logs_folder,
    machines_mark,
    record_path,
)
from .pool_records import ENDING, release, reserve, take_over
from .pool_status import PoolStatus

Begin = Callable[[str, int, str], PoolStatus]
"""Starts a pool for the job of a `uid`, of so many workers, on a device."""
_TICK_SECONDS = 0.05


class Supervisor:
    """The pools that this service started; for all threads.

    Args:
        runs: Whether a job of that name runs, as far as is known.
        program: What is run as `peftsearch`.
    """

    def __init__(
        self,
        settings: Settings,
        runs: Callable[[str], bool],
        program: Sequence[str] = PROGRAM,
        timing: Timing = TIMING,
    ) -> None:
        self._settings, self._runs = settings, runs
        self._program, self._timing = program, timing
        self._pools: dict[str, PoolProcess] = {}
        earlier = recall(logs_folder(settings), database_mark(settings), machines_mark(settings))
        self._earlier = {x.job: x for x in earlier}
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._adopt()

    def _adopt(self, name: str = "*") -> None:
        """Tend the pools that a service left behind which was killed, of jobs of that name."""
        ending = f"{machines_mark(self._settings)}{ENDING}"
        for record in take_over(logs_folder(self._settings), ending, name):
            job = record.status.job
            known = (self._settings, record.status, record.uid, partial(self._runs, job))
            options = (self._program, self._timing, record.pool)
            self._pools[job] = PoolProcess(*known, *options)

    @contextlib.contextmanager
    def place(self, job: str) -> Iterator[Begin]:
        """Hold the place of a job's pool until the block ends: nobody else starts one meanwhile.

        Who changes a job and may start its pool takes the place first, so that a refusal comes
        before the change. A pool whose job has ended is waited for a while.

        Raises:
            Conflict: The job has a pool, or the service ends.
        """
        until = time.monotonic() + self._timing.leaving
        while not self._take(job):
            if not self._leaves(job) or time.monotonic() > until:
                raise self._refusal(job)
            time.sleep(_TICK_SECONDS)
        try:
            yield partial(self._begin, job)
        finally:
            with self._lock:
                self._held.discard(job)
                if not self._is_active(job):
                    release(record_path(self._settings, job))

    def _take(self, job: str) -> bool:
        with self._lock:
            self._check_open()
            if job in self._held or self._is_active(job):
                return False
            self._adopt(job)
            if self._is_active(job) or not reserve(record_path(self._settings, job), job):
                return False
            self._held.add(job)
            return True

    def _is_active(self, job: str) -> bool:
        pool = self._pools.get(job)
        return pool is not None and pool.status.active

    def _begin(self, job: str, uid: str, workers: int, device: str) -> PoolStatus:
        with self._lock:
            self._check_open()
            status = PoolStatus(job, workers, device, "running", None, time.time())
            runs = partial(self._runs, job)
            pool = PoolProcess(self._settings, status, uid, runs, self._program, self._timing)
            self._pools[job] = pool
            return status

    def _check_open(self) -> None:
        if self._closed:
            raise Conflict("a running service", "one that ends", "start it again")

    def _leaves(self, job: str) -> bool:
        pool = self._find(job)
        return not self._runs(job) if pool is None else pool.leaves

    def _refusal(self, job: str) -> Conflict:
        leaves = self._leaves(job)
        got = "one whose workers finish their trials" if leaves else "one that runs"
        hint = "wait until they have left" if leaves else "stop the job before"
        return Conflict(f"job {job!r} without a pool", got, hint)

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

    def known_pools(self) -> dict[str, PoolStatus]:
        """The same, and of each other job the last one that a service before this had."""
        with self._lock:
            earlier = dict(self._earlier)
        return earlier | self.pools()

    def pid(self, job: str) -> int | None:
        """Process id of a job's pool."""
        found = self._find(job)
        return None if found is None else found.pid

    def forget(self, job: str) -> None:
        """Drop what is known of a job that is deleted, and its log; of the last one the folder."""
        with self._lock:  # in which pools begin, and make that folder
            self._pools.pop(job, None)
            self._earlier.pop(job, None)
            logs = logs_folder(self._settings)
            for path in logs.glob(f"{job}{database_mark(self._settings)}*"):  # of all machines
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # others have their logs there, or nobody had one
                logs.rmdir()

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
