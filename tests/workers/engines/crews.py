"""A small job with real workers on each engine, and who works for it."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from peftsearch.records.job import Job
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.engines.engine import Engine
from peftsearch.workers.engines.making import make_engine
from peftsearch.workers.engines.plan import EXTERNAL, EnginePlan
from tests.end_to_end.programs import start
from tests.workers.tiny import complete, spec_on

TRIALS = 4


def make_spec(model: Path, data: Path, epochs: int) -> JobSpec:
    """A job whose trials take some seconds by 2 epochs."""
    task = {"train": str(data), "max_length": 8}
    sections = {"training": {"epochs": epochs, "batch_size": 1}, "budget": {"trials": TRIALS}}
    return complete(spec_on(model, task=task, **sections))


@dataclass
class Crew:
    """The workers of one job on one engine.

    Attributes:
        program: Of whoever starts workers that the engine only watches.
        news: What the engine told at each look.
    """

    engine: Engine
    store: Store
    job: Job
    program: "subprocess.Popen[str] | None"
    news: list[str] = field(default_factory=list)

    def look(self) -> bool:
        """Let the engine look after its workers; whether any is left."""
        left = self.engine.poll()
        self.news += self.engine.take_news()
        return left

    def trials(self) -> list[Trial]:
        return self.store.trials(self.job.id)

    def running(self) -> list[Trial]:
        return [trial for trial in self.trials() if trial.state is TrialState.RUNNING]

    def processes(self) -> list[psutil.Process]:
        """Of the workers that are known and live."""
        found = []
        for worker in self.store.workers(self.job.id):
            assert worker.host == socket.gethostname()
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(worker.pid))
        return found

    def kill_one(self) -> Trial:
        """End the worker that holds the first running trial; that trial."""
        victim = self.running()[0]
        workers = {worker.name: worker.pid for worker in self.store.workers(self.job.id)}
        assert victim.worker is not None
        os.kill(workers[victim.worker], signal.SIGKILL)
        return victim

    def leave(self) -> None:
        """As who started them does, where that is not the engine."""
        self.engine.stop()
        if self.program is not None:
            self.program.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def crew(
    plan: EnginePlan, store: Store, url: str, spec: JobSpec, root: Path, device: str = "cpu"
) -> Iterator[Crew]:
    """Two workers, which have been started and may not have loaded."""
    job = store.create_job(spec)
    engine = make_engine(plan, store, job, url, root, 2, device)
    program = None
    if plan.name == EXTERNAL:
        place: list[str | Path] = ["--storage", url, "--files", root, "--device", device]
        program = start("worker", job.name, "--workers", "2", *place, folder=root)
    try:
        engine.start()
        yield Crew(engine, store, job, program)
    finally:
        engine.kill()
        if program is not None:
            program.kill()
            program.communicate()


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended, and nobody needs to do more than hear of it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True
