"""A worker of this process from its first turn to its last."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import StoreFault
from peftsearch.jobs.job_files import plan_removal
from peftsearch.records.failing import PATIENCE, TrialsFailed
from peftsearch.records.job import Job, JobState
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import TRAINING_LOSS, Proposal, TrialState
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.families.workload import NOTHING
from peftsearch.spaces.jobspec.objectives import CostError
from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import job_folder, spool_folder
from peftsearch.workers.files.ownership import check_adapter
from peftsearch.workers.files.spool import flush
from peftsearch.workers.processes import replenishing
from peftsearch.workers.processes.held_folder import JobGone
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.floors import prepare
from tests.restoring import back_up
from tests.storage.examples import insert
from tests.workers.encoders import open_reading
from tests.workers.monitors import Watcher
from tests.workers.runners import LORA, PROBE, open_runner


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    """A job of two short trials."""
    return open_runner(tmp_path_factory.mktemp("loop"), folders["bert"], epochs=1)


@pytest.fixture
def url(new_sqlite: Callable[[], str]) -> str:
    return new_sqlite()


def _run(url: str, runner: TrialRunner, root: Path, act: Callable[[int], None]) -> Job:
    """Let one worker do a new job of a LoRA and a probe."""
    with Store.open(url) as store:
        job = store.create_job(runner.spec)
        insert(store, job.id, [Proposal(LORA, 0, "try"), Proposal(PROBE, 0, "probe")])
        store.register_worker(job.id, "w", "host", 1, "cpu")
        WorkerLoop("w", store, job, runner, root, Watcher(act)).run()
        return job


def _execute(url: str, *statements: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def _delete(url: str, runner: TrialRunner, root: Path) -> None:
    """As `life.delete`, which refuses where it sees a worker."""
    with Store.open(url) as other:
        job = other.find_job(runner.spec.name)
        removal = plan_removal(other, job, root)
        other.delete_job(job.id)
    removal.finish()


def test_each_trial_leaves_its_curve(url: str, runner: TrialRunner, tmp_path: Path) -> None:
    job = _run(url, runner, tmp_path, lambda done: None)
    with Store.open(url) as store:
        assert store.find_job(job.name).state is JobState.FINISHED
        assert store.workers(job.id) == []
        for trial in store.trials(job.id):
            curve = store.measurements(
                job.id, range(trial.number, trial.number + 1), TRAINING_LOSS
            )
            assert len(curve) == runner.spec.training.regime().steps(len(runner.encoded("train")))
            assert TRAINING_LOSS not in trial.measurements


def test_a_job_knows_its_head_and_its_workload_before_its_first_proposal(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    job = _run(url, runner, tmp_path, lambda done: None)
    with Store.open(url) as store:
        anatomy = store.job(job.id).spec.anatomy
        assert anatomy.head is not None
        assert (2, anatomy.hidden) in [x.shape for x in anatomy.head]
        for trial in store.trials(job.id):
            for name in ("export_bytes", "training_memory"):
                claimed = KNOWN_COSTS[name](trial.configuration, anatomy)
                assert trial.measurements[name] == claimed
        assert anatomy.workload == runner.workload
        other = anatomy.model_copy(update={"head": (), "workload": NOTHING})
        assert store.describe(job.id, other).spec.anatomy == anatomy


def test_so_it_knows_what_its_encoder_goes_through(url: str, tmp_path: Path) -> None:
    """Else its trials would keep costs without it."""
    runner = open_reading(tmp_path, training={"batch_size": 16, "epochs": 1})
    with Store.open(url) as store:
        job = store.create_job(runner.spec)
        insert(store, job.id, [Proposal(PROBE, 0, "probe")])
        store.register_worker(job.id, "w", "host", 1, "cpu")
        WorkerLoop("w", store, job, runner, tmp_path, Watcher(lambda done: None)).run()
        kept = store.job(job.id).spec.anatomy.encoder
    assert kept is not None and runner.anatomy.encoder is not None
    assert kept.workload == runner.anatomy.encoder.workload
    assert kept.base_bytes and kept.counted_workload.tokens[0] > 0


def test_a_bound_that_the_head_alone_breaks_stops_the_job(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    tight = runner.spec.objectives.model_copy(update={"bounds": ("size <= 300 B",)})
    with Store.open(url) as store:
        job = store.create_job(runner.spec.model_copy(update={"objectives": tight}))
        store.register_worker(job.id, "w", "host", 1, "cpu")
        loop = WorkerLoop("w", store, job, runner, tmp_path, Watcher(lambda done: None))
        with pytest.raises(CostError, match="a bound on export_bytes that some adapter"):
            loop.run()
        stopped = store.job(job.id)
        assert stopped.state is JobState.STOPPED
        assert "a bound on export_bytes that some adapter" in (stopped.fault or "")


def test_a_job_that_vanishes_amid_a_trial_ends_the_loop(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    last = 0

    def delete(done: int) -> None:
        nonlocal last
        last = done
        if done == 3:
            _delete(url, runner, tmp_path)

    job = _run(url, runner, tmp_path, delete)
    assert last > 3
    assert not (tmp_path / job_folder(job)).exists()
    with Store.open(url) as store:
        assert store.jobs() == []


def test_a_job_of_the_same_name_is_another_job(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    """Its trials are not for the workers of the one that was deleted."""

    def replace(done: int) -> None:
        if done == 3:
            _delete(url, runner, tmp_path)
            with Store.open(url) as other:
                new = other.create_job(runner.spec)
                insert(other, new.id, [Proposal(PROBE, 1, "probe")])

    _run(url, runner, tmp_path, replace)
    with Store.open(url) as store:
        (trial,) = store.trials(store.find_job(runner.spec.name).id)
        assert (trial.attempt, trial.event) == (0, None)


def test_a_proposal_counts_from_the_jobs_floor(
    url: str, runner: TrialRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Preparation | None] = []

    def watch(*given: Any) -> list[Proposal]:
        _, _, _, _, preparation, _ = given
        seen.append(preparation)
        return []

    monkeypatch.setattr(replenishing, "propose_each", watch)
    with Store.open(url) as store:
        job = store.create_job(runner.spec)
        store.prepare(job.id, prepare(0.77))
        store.register_worker(job.id, "w", "host", 1, "cpu")
        WorkerLoop("w", store, job, runner, tmp_path, Watcher(lambda done: None)).run()
    assert seen and all(x == prepare(0.77) for x in seen)


class MeddledStore(Store):
    """Somebody does something to the job just when its worker found that nothing can be added."""

    meddle: Callable[[], object] | None = None

    def release_suggestion_lease(self, job_id: int, token: int) -> None:
        super().release_suggestion_lease(job_id, token)
        counts = self.counts(job_id)
        if self.meddle is not None and counts[TrialState.COMPLETED] == sum(counts.values()):
            self.meddle()
            self.meddle = None


@pytest.mark.parametrize(
    ("change", "state", "trials"),
    [
        (lambda own, job: own.set_state(job.id, JobState.STOPPED), JobState.STOPPED, 2),
        (
            lambda own, job: own.change_budget(
                job.id, job.spec.model_copy(update={"budget": BudgetSpec(trials=3, hours=None)})
            ),
            JobState.FINISHED,
            3,
        ),
    ],
    ids=["stop", "budget"],
)
def test_a_change_in_the_last_moment_is_not_lost(
    url: str,
    runner: TrialRunner,
    tmp_path: Path,
    change: Callable[[Store, Job], object],
    state: JobState,
    trials: int,
) -> None:
    with MeddledStore.open(url) as store, Store.open(url) as other:
        job = store.create_job(runner.spec)
        insert(store, job.id, [Proposal(LORA, 0, "try"), Proposal(PROBE, 0, "probe")])
        store.register_worker(job.id, "w", "host", 1, "cpu")
        store.meddle = partial(change, other, job)
        WorkerLoop("w", store, job, runner, tmp_path, Watcher(lambda done: None)).run()
        assert store.find_job(job.name).state is state
        assert len(store.trials(job.id)) == trials


def test_a_job_whose_trials_all_fail_is_stopped_and_may_be_resumed(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    """A person mends the cause in between; else it would stop at once."""

    def fail(done: int) -> None:
        if done:
            raise RuntimeError("index out of range")

    spec = runner.spec.model_copy(update={"budget": BudgetSpec(trials=40, hours=None)})
    with Store.open(url) as store:
        job = store.create_job(spec)
        for _ in range(2):
            store.register_worker(job.id, "w", "host", 1, "cpu")
            with pytest.raises(TrialsFailed, match=r"index out of range"):
                WorkerLoop("w", store, job, runner, tmp_path, Watcher(fail)).run()
            stopped = store.find_job(job.name)
            assert stopped.state is JobState.STOPPED
            assert "index out of range" in (stopped.fault or "")
            store.set_state(job.id, JobState.RUNNING)
            job = store.job(job.id)
            assert job.fault is None
        assert len(store.trials(job.id)) == 2 * PATIENCE


@pytest.mark.parametrize("at", ["start", "end"])
def test_a_job_by_the_same_id_of_a_database_that_was_made_anew(
    url: str, runner: TrialRunner, tmp_path: Path, at: str
) -> None:
    """It gets nothing of the job that the worker was for, and no work."""

    def change(done: int) -> None:
        if done:
            loop_.job = replace(loop_.job, uid="0" * 32)

    with Store.open(url) as store:
        job = store.create_job(runner.spec)
        insert(store, job.id, [Proposal(LORA, 0, "try")])
        store.register_worker(job.id, "w", "host", 1, "cpu")
        loop_ = WorkerLoop("w", store, job, runner, tmp_path, Watcher())
        loop_.monitor = Watcher(change if at == "end" else lambda done: None)
        if at == "start":
            change(1)
        elif runner.prepared is None:
            runner.adopt(runner.prepare())
        with pytest.raises(JobGone):
            loop_.run()
        (trial,) = store.trials(job.id)
    assert trial.state is not TrialState.COMPLETED and trial.attempt == (at == "end")
    assert len([*spool_folder(tmp_path, loop_.job).glob("*")]) == (at == "end")


def test_what_was_trained_waits_for_records_that_are_gone(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    """They were lost, and nobody deleted the job: its files are there."""
    backups: list[Callable[[], None]] = []

    def lose(done: int) -> None:
        if done == 2:
            backups.append(back_up(url, tmp_path))
        if done == 3:
            with Store.open(url) as other:
                other.delete_job(other.pulse(runner.spec.name).id)

    with pytest.raises(JobGone, match=r"^expected job 'tiny' in its database; got none[^\n]*$"):
        _run(url, runner, tmp_path, lose)
    backups[0]()
    with Store.open(url) as store:
        job = store.find_job(runner.spec.name)
        assert flush(tmp_path, store, job) == 1
        (trial,) = (x for x in store.trials(job.id) if x.state is TrialState.COMPLETED)
        check_adapter(tmp_path / str(trial.adapter), trial)


def test_what_was_trained_waits_for_a_trial_that_is_not_there(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    def lose(done: int) -> None:
        if done == 3:
            first = "(SELECT id FROM trials WHERE number = 0)"
            _execute(url, f"DELETE FROM measurements WHERE trial_id = {first}")
            _execute(url, f"DELETE FROM trials WHERE id = {first}")

    job = _run(url, runner, tmp_path, lose)
    assert len([*spool_folder(tmp_path, job).iterdir()]) == 1


def test_what_was_trained_waits_where_the_database_takes_no_row(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    def spoil(done: int) -> None:
        if done == 3:
            again = "BEGIN SELECT RAISE(ABORT, 'an id that is given twice'); END"
            _execute(
                url, f"CREATE TRIGGER IF NOT EXISTS twice BEFORE INSERT ON front_entries {again}"
            )

    with pytest.raises(StoreFault, match="an id that is given twice"):
        _run(url, runner, tmp_path, spoil)
    _execute(url, "DROP TRIGGER twice")
    with Store.open(url) as store:
        assert flush(tmp_path, store, store.find_job(runner.spec.name)) == 1


def test_a_worker_goes_on_in_a_database_that_does_not_know_it(
    url: str, runner: TrialRunner, tmp_path: Path
) -> None:
    """It was restored to before the worker came."""
    _run(url, runner, tmp_path, lambda done: _execute(url, "DELETE FROM workers"))
    with Store.open(url) as store:
        assert store.find_job(runner.spec.name).state is JobState.FINISHED
        assert store.workers(store.find_job(runner.spec.name).id) == []
