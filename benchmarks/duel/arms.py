"""An arm of a duel: its trials until the time is over, each with the second at which it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from peftsearch.jobs import life
from peftsearch.jobs.inline import InlineMonitor
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial, TrialState
from peftsearch.search.proposals import propose
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.files.adapter_files import save_adapter
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.processes.monitor import Cancelled
from peftsearch.workers.runtime.memory import keeping_loaded
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.search.jobs import make_trial

from .clock import CpuClock
from .jobs import add_earlier
from .script import train


@dataclass(frozen=True)
class Run:
    """What an arm did.

    Attributes:
        runner: With the head on which all of its adapters stand.
        trials: Completed in time, by number.
        ended: The second at which each ended, by number.
        root: Folder below which their adapters are.
    """

    runner: TrialRunner
    trials: list[Trial]
    ended: Mapping[int, float]
    root: Path

    def until(self, second: float) -> list[Trial]:
        """Those that had ended then."""
        return [x for x in self.trials if self.ended[x.number] <= second]


class Watch(InlineMonitor):
    """The monitor of a worker whose time is CPU seconds; it notes when each trial ended."""

    def __init__(self, store: Store, name: str, clock: CpuClock) -> None:
        super().__init__(store, name)
        self.clock = clock
        self.ended: dict[int, float] = {}

    def claimed(self, trial: Trial | None) -> None:
        """See `Monitor.claimed`."""
        if trial is None and self.trial is not None:
            self.ended[self.trial.number] = self.clock.seconds
        super().claimed(trial)

    def step(self, done: int, total: int) -> None:
        """See `Monitor.step`."""
        if self.trial is not None and self.clock.over:
            raise Cancelled
        super().step(done, total)

    def stopping(self) -> bool:
        """See `Monitor.stopping`."""
        return self.clock.over


def run_ours(spec: JobSpec, clock: CpuClock, folder: Path, after: bool) -> Run:
    """A job as `peftsearch.search` runs it in one process.

    Args:
        after: Whether its database has an earlier job.
    """
    with Store.open(f"sqlite:///{folder / 'duel.db'}") as store:
        if after:
            with clock.stopped():
                add_earlier(store, spec.seed)
        runner = TrialRunner.open(spec, "cpu")
        job = life.create(store, spec)
        watch = _work(store, job, runner, clock, folder)
        trials = store.trials(job.id)
    done = [x for x in trials if x.state is TrialState.COMPLETED]
    ended = {x.number: watch.ended[x.number] for x in done}
    return Run(runner, [x for x in done if ended[x.number] <= clock.limit], ended, folder)


def _work(store: Store, job: Job, runner: TrialRunner, clock: CpuClock, folder: Path) -> Watch:
    store.register_worker(job.id, "duel", "here", 0, "cpu")
    watch = Watch(store, "duel", clock)
    with keeping_loaded():
        WorkerLoop("duel", store, job, runner, folder, watch).run()
    return watch


def run_script(spec: JobSpec, clock: CpuClock, folder: Path) -> Run:
    """Optuna's sampler over the tuned script; the job's head is given to it."""
    runner = TrialRunner.open(spec, "cpu")
    with clock.stopped():
        prepared = runner.prepare()
    runner.adopt(prepared)
    spec = spec.with_anatomy(runner.describe())
    trials: list[Trial] = []
    ended: dict[int, float] = {}
    while not clock.over:
        proposal = propose(spec, trials, 1, spec.seed, prepared.preparation)[0]
        quality, tensors = train(runner, proposal.configuration, proposal.seed, folder)
        number, name = len(trials), f"script/{len(trials):06d}"
        ended[number] = clock.seconds
        with clock.stopped():  # a script would save less
            about = runner.provenance(proposal.seed)
            save_adapter(folder / name, proposal.configuration, tensors, about)
        trials.append(replace(make_trial(number, proposal, quality), adapter=name))
    return Run(runner, [x for x in trials if ended[x.number] <= clock.limit], ended, folder)
