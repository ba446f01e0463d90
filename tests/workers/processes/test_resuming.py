"""A worker goes on where the former one of its trial stood, and leaves no rung behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch.jobs.job_files import plan_removal
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import FailureKind, Proposal, Trial, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import rung_path, rungs_folder
from peftsearch.workers.files.ownership import hash_tensors
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.conftest import NewDatabase
from tests.storage.examples import EXPIRED, claim, insert
from tests.workers.monitors import BROKEN_OFF, Stopping, Watcher
from tests.workers.runners import LORA, open_runner


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    return open_runner(tmp_path_factory.mktemp("job"), folders["bert"], epochs=1)


@pytest.fixture
def store(new_sqlite: NewDatabase) -> Iterator[Store]:
    with Store.open(new_sqlite()) as store:
        yield store


def _launch(store: Store, runner: TrialRunner) -> Job:
    job = store.create_job(runner.spec)
    insert(store, job.id, [Proposal(LORA, 0, "try"), Proposal(LORA, 1, "try")])
    return job


def _work(store: Store, job: Job, runner: TrialRunner, root: Path, monitor: Watcher) -> Trial:
    """The job's first trial after a worker's life."""
    store.register_worker(job.id, "w", "host", 1, "cpu")
    WorkerLoop("w", store, job, runner, root, monitor).run()
    return store.trial(job.id, 0)


def _without_time(trial: Trial) -> dict[str, float]:
    timed = ("training_seconds", "peak_memory_bytes")
    return {name: x for name, x in trial.measurements.items() if name not in timed}


def test_a_trial_that_was_given_back_goes_on(
    store: Store, runner: TrialRunner, tmp_path: Path, new_sqlite: NewDatabase
) -> None:
    job = _launch(store, runner)
    given_back = _work(store, job, runner, tmp_path, Stopping())
    assert given_back.state is TrialState.QUEUED
    assert [*rungs_folder(tmp_path, job).iterdir()] == [rung_path(tmp_path, job, given_back)]
    resumed = _work(store, job, runner, tmp_path, Watcher())
    assert store.job(job.id).state is JobState.FINISHED
    assert not rungs_folder(tmp_path, job).exists()
    assert resumed.provenance["resumed_step"] == 9
    assert "resumed_step" not in store.trial(job.id, 1).provenance
    with Store.open(new_sqlite()) as other:
        undisturbed = _work(other, _launch(other, runner), runner, tmp_path, Watcher())
    assert _without_time(resumed) == _without_time(undisturbed)
    folders = [tmp_path / str(x.adapter) for x in (resumed, undisturbed)]
    assert hash_tensors(folders[0]) == hash_tensors(folders[1])


def test_a_trial_that_fails_leaves_no_rung(
    store: Store, runner: TrialRunner, tmp_path: Path
) -> None:
    seen: list[bool] = []

    def fail(done: int) -> None:
        if done == BROKEN_OFF:
            seen.append(any(rungs_folder(tmp_path, job).iterdir()))
            raise ValueError("a bug")

    job = _launch(store, runner)
    failed = _work(store, job, runner, tmp_path, Watcher(fail))
    assert failed.failure is FailureKind.BUG
    assert seen == [True, True]
    assert not rungs_folder(tmp_path, job).exists()


@pytest.mark.parametrize("gone", [True, False], ids=["deleted", "ended elsewhere"])
def test_a_worker_whose_trial_is_no_more_leaves_no_rung(
    store: Store, runner: TrialRunner, tmp_path: Path, gone: bool
) -> None:
    def end(done: int) -> None:
        if done == BROKEN_OFF:
            trial = store.open_trials(job.id)[0]
            if gone:
                removal = plan_removal(store, job, tmp_path)
                store.delete_job(job.id)
                removal.finish()
            else:
                store.fail(trial.id, trial.attempt, FailureKind.LOST_WORKER, "it fell silent")

    job = _launch(store, runner)
    store.register_worker(job.id, "w", "host", 1, "cpu")
    WorkerLoop("w", store, job, runner, tmp_path, Watcher(end)).run()
    assert not rungs_folder(tmp_path, job).exists()


def test_a_result_that_comes_too_late_leaves_the_rung_to_who_trains(
    store: Store, runner: TrialRunner, tmp_path: Path
) -> None:
    """Another has claimed the trial since its lease ran out."""

    def lose(done: int) -> None:
        if done == BROKEN_OFF and not taken:
            (trial,) = (x for x in store.open_trials(job.id) if x.worker == "w")
            store.renew(trial.id, trial.attempt, EXPIRED)
            assert store.requeue_expired(job.id) == [trial.number]
            taken.append(claim(store, job.id, "other"))
        if taken and not done:
            store.set_state(job.id, JobState.STOPPED)

    taken: list[Trial] = []
    job = _launch(store, runner)
    assert _work(store, job, runner, tmp_path, Watcher(lose)).attempt == 2
    assert rung_path(tmp_path, job, taken[0]).is_file()
