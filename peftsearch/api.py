"""The Python API: a search job from start to front, without the command line."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peftsearch.jobs.jobfile import complete_spec, read_spec
from peftsearch.jobs.launch import check_folder, open_job
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.results.pick import Summary, select
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import files_root
from peftsearch.workers.processes.leases import LEASE_SECONDS, RENEW_SECONDS

from .errors import StoreUnavailable

if TYPE_CHECKING:
    from peftsearch.results.export import ExportReport

DEFAULT_STORAGE = "sqlite:///peftsearch.db"


@dataclass(frozen=True)
class SearchResult:
    """A job's records after a search.

    Attributes:
        front: Ascending by cost.
        root: Folder of the job's adapters.
    """

    job: Job
    trials: tuple[Trial, ...]
    front: tuple[FrontPoint, ...]
    root: Path

    def pick(self, text: str = "knee") -> Summary:
        """The configuration that `text` means (`peftsearch.results.pick.select`).

        Raises:
            UserError: Nothing fits.
        """
        return select(text, self.job.spec, self.front, self.trials)

    def export(self, out: str | Path, pick: str = "knee", form: str = "auto") -> "ExportReport":
        """Write the picked adapter to a folder and check it by loading it again.

        Raises:
            UserError: Nothing fits, or the folder is not empty.
        """
        return export_summary(self.job.spec, self.pick(pick), self.root, Path(out), form)


def export_summary(
    spec: JobSpec, summary: Summary, root: Path, out: Path, form: str
) -> "ExportReport":
    """Export the summary's trial of the best validation quality."""
    from peftsearch.results.export import export

    trial = best_trial(summary, spec)
    return export(spec, trial, root / str(trial.adapter), out, form)


def best_trial(summary: Summary, spec: JobSpec) -> Trial:
    """Of a configuration's seeds, the one with the best validation quality."""
    goal = objective(spec.task.quality)
    return max(summary.trials, key=lambda trial: goal.signed(trial.measurements[goal.name]))


@dataclass
class InlineMonitor:
    """Monitor of a worker in this process: its steps renew its own lease."""

    store: Store
    name: str
    trial: Trial | None = None
    renewed: float = field(default_factory=time.monotonic)

    def claimed(self, trial: Trial | None) -> None:
        """Remember what is held."""
        self.trial = trial

    def step(self, done: int, total: int) -> None:
        """Renew the lease and show the progress now and then; a database that is away for a
        while does not end the trial."""
        if time.monotonic() - self.renewed > RENEW_SECONDS:
            self.renewed = time.monotonic()
            with contextlib.suppress(StoreUnavailable):
                self._renew(done, total)

    def _renew(self, done: int, total: int) -> None:
        if self.trial is None:
            self.store.heartbeat(self.name)
            return
        self.store.heartbeat(self.name, done, total)
        self.store.renew(self.trial.id, self.trial.attempt, LEASE_SECONDS)

    def stopping(self) -> bool:
        """Never: Ctrl-C raises KeyboardInterrupt in this process."""
        return False


def search(
    spec: str | Path | Mapping[str, Any] | JobSpec,
    storage: str = DEFAULT_STORAGE,
    device: str = "auto",
    files: str | Path | None = None,
) -> SearchResult:
    """Launch or resume a job and work on it in this process until its budget is spent.

    Args:
        spec: A job file's path, or the same as plain data or as a `JobSpec`.
        storage: A SQLAlchemy URL; other workers may share it.
        files: Folder of the adapters; None puts it beside an SQLite database.

    Raises:
        UserError: The spec, its model or its data is wrong.
        KeyboardInterrupt: On Ctrl-C, after the running trial was given back.
    """
    from peftsearch.workers.processes.loop import WorkerLoop
    from peftsearch.workers.training.trial_runner import TrialRunner

    complete = _complete(spec)
    root = Path(files).resolve() if files else files_root(storage)
    check_folder(root)
    runner = TrialRunner.open(complete, device)
    with Store.open(storage) as store:
        job = open_job(store, complete)
        name = f"{socket.gethostname()}-{os.getpid()}-inline"
        store.register_worker(job.id, name, socket.gethostname(), os.getpid(), str(runner.device))
        monitor = InlineMonitor(store, name)
        WorkerLoop(name, store, job, runner, root, monitor).run()
        return load_result(store, store.find_job(job.name), root)


def _complete(spec: str | Path | Mapping[str, Any] | JobSpec) -> JobSpec:
    if isinstance(spec, str | Path):
        return read_spec(spec)
    data = spec.to_json() if isinstance(spec, JobSpec) else spec
    return complete_spec(data, Path.cwd())


def load_result(store: Store, job: Job, root: Path) -> SearchResult:
    """The records of a job as they stand."""
    trials, front = store.trials(job.id), store.front(job.id)
    return SearchResult(job, tuple(trials), tuple(front), root)
