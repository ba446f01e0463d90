"""Workers of machines that have a database and a URL in common, and no folder."""

from dataclasses import dataclass, replace
from pathlib import Path

from peftsearch.records.job import Job
from peftsearch.records.trial import Proposal, Trial
from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.storage.examples import insert
from tests.workers.monitors import Watcher
from tests.workers.runners import LORA


@dataclass(frozen=True)
class Machine:
    """One with a folder of its own."""

    store: Store
    runner: TrialRunner
    root: Path

    def launch(self, url: str | None, seeds: int = 1) -> Job:
        """A job of so many trials, kept below the URL."""
        budget = {"budget": BudgetSpec(trials=seeds)}
        spec = self.runner.spec.model_copy(update=budget).storing_in(url)
        job = self.store.create_job(spec)
        insert(self.store, job.id, [Proposal(LORA, seed, "try") for seed in range(seeds)])
        return job

    def work(self, job: Job, monitor: Watcher | None = None) -> list[Trial]:
        """The job's trials after a worker's life here."""
        self.store.register_worker(job.id, "w", "host", 1, "cpu")
        WorkerLoop("w", self.store, job, self.runner, self.root, monitor or Watcher()).run()
        return self.store.trials(job.id)

    def at(self, root: Path) -> "Machine":
        """Another machine."""
        return replace(self, root=root)
