"""A pool: processes that run the worker loop, and the one that watches them.

They are its children, or those of others on machines that it cannot see (`workers.engines`). It
renews a child's lease only while the child's step counter moves. A child that stalls
is killed; a child that died, however it died, has its trial requeued at once and is replaced.
Children ignore Ctrl-C: the pool hears it and asks them to stop, so that each gives its trial back.
"""

import contextlib
import os
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from peftsearch.errors import NotFoundError, PeftsearchError, StoreUnavailable
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.runtime.threads import count_threads

from .child import Assignment, Child, start_child
from .deaths import Deaths
from .lease_times import LEASE_SECONDS, RENEW_SECONDS
from .outage import Outage

PROGRESS_SECONDS = 1.0
STALL_SECONDS = 600.0


class WorkerError(PeftsearchError):
    """A worker process could not start, or the pool's workers kept dying."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass
class Pool:
    """`n` workers of one job, on this machine unless a subclass begins them elsewhere.

    Attributes:
        store: The parent's own connection.
        device: `auto`, `cpu` or a torch device.
        devices: That train each trial together.
        waiting: When which child is to be replaced: seconds of the monotonic clock, by index.
    """

    store: Store
    job: Job
    storage: str = field(repr=False)
    root: Path
    workers: int
    device: str = "auto"
    devices: int = 1
    children: list[Child] = field(default_factory=list)
    deaths: Deaths = field(default_factory=Deaths)
    waiting: dict[int, float] = field(default_factory=dict)
    news: list[str] = field(default_factory=list)
    told: float = 0.0
    renewed: float = 0.0
    outage: Outage = field(default_factory=Outage)

    def start(self) -> None:
        """Start all workers; they need some seconds to load the model."""
        self.children = [self._spawn(index) for index in range(self.workers)]

    def _spawn(self, index: int) -> Child:
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        threads = count_threads(self.workers * self.devices)
        job, pid = (self.job.id, self.job.uid), os.getpid()
        place = (self.storage, *job, self.root, self.device)
        return self._begin(Assignment(*place, threads, name, pid, index, self.devices))

    def _begin(self, assignment: Assignment) -> Child:
        return start_child(assignment)

    def poll(self) -> bool:
        """Renew, kill what stalls, replace what died. False when no worker is left.

        Raises:
            WorkerError: A worker could not start, or too many died in a row (`Deaths`).
        """
        self._replace()
        for child in list(self.children):
            alive = child.process.is_alive()
            if child.has_ended_one():
                self.deaths.forget()
            if alive:
                if child.watch() > STALL_SECONDS:
                    child.process.kill()
            else:
                self._bury(child)
        try:
            if time.monotonic() - self.told > PROGRESS_SECONDS:
                self.told = time.monotonic()
                self._tell()
            if time.monotonic() - self.renewed > RENEW_SECONDS:
                self.renewed = time.monotonic()
                self._renew()
        except StoreUnavailable as error:  # the children keep their results as files
            self.news += self.outage.lasts(error)
        return bool(self.children or self.waiting)

    def take_news(self) -> list[str]:
        """What happened to workers since the last time, a line each."""
        news, self.news = self.news, []
        return news

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
            # Its job was deleted, and whatever it trains is for nobody; or it lost its own parent
            # on another machine, left by itself, and is to be replaced.
            if not self._wanted():
                child.status.stop()
        child.told, child.beaten = progress, time.monotonic()
        self.news += self.outage.ends()

    def _renew(self) -> None:
        for child in self.children:
            if child.trial is not None and child.watch() < LEASE_SECONDS:
                self.store.renew(*child.trial, LEASE_SECONDS, child.name)
                self.news += self.outage.ends()

    def _bury(self, child: Child) -> None:
        self.children.remove(child)
        self._expire(child)
        if not child.status.error.empty():
            message, code = child.status.error.get()
            raise WorkerError(message, code)
        if child.process.exitcode == 0 or child.status.stopped:
            return
        self.deaths.add()
        how = child.end
        if self.deaths.too_many:
            raise WorkerError(
                f"worker processes died {self.deaths.count} times with no trial ended between, "
                f"the last one {how}; see `peftsearch show {self.job.name}`"
            )
        if self._wanted():
            pause = self.deaths.pause
            self.waiting[child.index] = time.monotonic() + pause
            then = f"in {pause:.0f} s" if pause else "now"
            self.news.append(f"worker {child.name} died, {how}; another one starts {then}")

    def _replace(self) -> None:
        """Start those whose pause is over, if the job still runs."""
        for index in [x for x, due in self.waiting.items() if due <= time.monotonic()]:
            del self.waiting[index]
            if self._wanted():
                self.children.append(self._spawn(index))

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
        """Queue the trial of a dead child now instead of when its lease runs out, and let nobody
        count on the child. A trial that has killed its last worker ends, as any other may."""
        with contextlib.suppress(StoreUnavailable, NotFoundError):
            self.store.unregister_worker(child.name)
            if child.trial is not None:
                self.store.renew(*child.trial, 0.0, child.name)
                self.store.requeue_expired(self.job.id, trial_id=child.trial[0])
                if self.store.trial(self.job.id, child.number).state is TrialState.FAILED:
                    self.deaths.forget()

    @property
    def living(self) -> Sequence[Child]:
        """Those whose processes have not ended."""
        return [child for child in self.children if child.process.is_alive()]

    def stop(self) -> None:
        """Ask all to give back what they hold and to leave; who still loads has nothing."""
        for child in self.children:
            child.status.stop()
            if not child.loaded:
                child.process.kill()

    def kill(self) -> None:
        """End all workers now, and give back what they held: no trial of theirs is to blame."""
        for child in self.children:
            child.process.kill()
            child.process.join()
            with contextlib.suppress(StoreUnavailable):
                if child.trial is not None:
                    self.store.give_back(*child.trial, child.name)
                self.store.unregister_worker(child.name)
        self.children.clear()
        self.waiting.clear()
