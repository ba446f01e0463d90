"""Workers that others start, by `peftsearch worker` on any machine: they are only watched."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from peftsearch.errors import NotFoundError, StoreUnavailable
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.worker import Worker
from peftsearch.storage.store import Store
from peftsearch.workers.processes.lease_times import LIVE_SECONDS

from .engine import SeenMember

_LOOK_SECONDS = 1.0


@dataclass
class Watch:
    """Whoever works on a job, from wherever (`Engine`). None of them is its own to end."""

    store: Store
    job: Job
    children: Sequence[SeenMember] = ()
    looked: float = float("-inf")
    news: list[str] = field(default_factory=list)
    alone: bool | None = None

    def start(self) -> None:
        """Nothing: others do."""

    def poll(self) -> bool:
        """Look who works. False when the job runs no more, or was deleted."""
        if time.monotonic() - self.looked < _LOOK_SECONDS:
            return True
        self.looked = time.monotonic()
        with contextlib.suppress(StoreUnavailable):
            try:
                return self._look()
            except NotFoundError:
                self.children = ()
                return False
        return True

    def _look(self) -> bool:
        pulse = self.store.pulse(self.job.name)
        if pulse.uid != self.job.uid or pulse.state is not JobState.RUNNING:
            self.children = ()
            return False
        self.children = meet(self.store.workers(self.job.id), self.store.open_trials(self.job.id))
        self._tell()
        return True

    def _tell(self) -> None:
        """Say that nobody is there, when that is news."""
        alone, before = not self.children, self.alone
        self.alone = alone
        if alone and not before:
            self.news.append(
                f"no worker is there; `peftsearch worker {self.job.name}`, with this storage and "
                "these files, starts one on any machine"
            )

    def take_news(self) -> list[str]:
        """What happened to workers since the last time, a line each."""
        news, self.news = self.news, []
        return news

    def stop(self) -> None:
        """Nothing: who started them ends them."""

    @property
    def living(self) -> Sequence[SeenMember]:
        """None of its own."""
        return ()

    def kill(self) -> None:
        """Nothing is left of its own."""


def meet(workers: Sequence[Worker], trials: Sequence[Trial]) -> list[SeenMember]:
    """Those of a job's workers that live, with the trials that they hold."""
    held = {x.worker: x for x in trials if x.state is TrialState.RUNNING}
    return [_meet(x, held.get(x.name)) for x in workers if x.seconds_silent < LIVE_SECONDS]


def _meet(worker: Worker, trial: Trial | None) -> SeenMember:
    batches = (worker.steps_done or 0, worker.steps_total or 0)
    if trial is None:
        return SeenMember(batches=batches)
    return SeenMember(True, (trial.id, trial.attempt), trial.number, batches)
