"""One worker prepares a job; the others wait for it, and follow it where it dies."""

import shutil
import time
from pathlib import Path

import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Proposal, TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes import preparing, proposing
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.processes.preparing import take_up
from peftsearch.workers.processes.shared_status import CONTEXT
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.contracts.threads import WORKERS, race
from tests.storage.examples import LEASE, insert
from tests.waiting import wait_until
from tests.workers.monitors import Watcher
from tests.workers.runners import PROBE, write_texts
from tests.workers.tiny import complete, spec_on

pytestmark = pytest.mark.usefixtures("warm_start")

SHORT = 4.0
"""Seconds of a lease, so that a test sees it run out; on a busy machine who renews it may have to
wait for the processor for a second and more."""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> JobSpec:
    """A job whose head is found out."""
    data = write_texts(tmp_path_factory.mktemp("preparing") / "data.csv")
    task, training = {"train": str(data)}, {"batch_size": 8, "epochs": 1}
    return complete(
        spec_on(folders["bert"], task=task, head={"pooling": "mean"}, training=training)
    )


def test_of_many_workers_one_makes_it(
    spec: JobSpec, store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, prepare = [], TrialRunner.prepare

    def count(runner: TrialRunner, *given: object) -> object:
        made.append(runner)
        return prepare(runner, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(TrialRunner, "prepare", count)
    job = store.create_job(spec)
    runners = [TrialRunner.open(spec, "cpu") for _ in range(WORKERS)]

    def work(own: Store, index: int) -> torch.Tensor:
        runner = runners[index]
        wait_until(lambda: take_up(own, job, runner, f"w{index}", Watcher()))
        assert runner.backbone.start is not None
        return runner.backbone.start["pooled_classifier.weight"]

    first, *others = race(database_url, work)
    assert len(made) == 1
    assert all(torch.equal(first, other) for other in others)


def _make_for_ever(url: str, job: int, began: str) -> None:
    """A worker that never comes to an end of its preparation, and keeps its lease meanwhile."""

    def hold(done: int) -> None:
        if not Path(began).exists():
            Path(began).touch()
            time.sleep(LEASE)

    own = pytest.MonkeyPatch()  # of this process, which ends by being killed
    own.setattr(preparing, "SUGGESTION_SECONDS", SHORT)
    own.setattr(proposing, "SUGGESTION_SECONDS", SHORT)
    own.setattr(proposing, "SUGGESTION_RENEW_SECONDS", SHORT / 10)
    with Store.open(url) as store:
        known = store.job(job)
        runner = TrialRunner.open(known.spec, "cpu")
        take_up(store, known, runner, "maker", Watcher(hold))


def _begin(url: str, job: Job, root: Path) -> WorkerLoop:
    store = Store.open(url)
    store.register_worker(job.id, "w", "host", 1, "cpu")
    return WorkerLoop("w", store, job, TrialRunner.open(job.spec, "cpu"), root, Watcher())


def test_a_maker_that_is_killed_is_followed_by_another(
    spec: JobSpec, store: Store, database_url: str, tmp_path: Path
) -> None:
    job, began = store.create_job(spec), tmp_path / "began"
    insert(store, job.id, [Proposal(PROBE, seed, "probe") for seed in (0, 1)])
    maker = CONTEXT.Process(target=_make_for_ever, args=(database_url, job.id, str(began)))
    maker.start()
    try:
        wait_until(began.exists)
        loop = _begin(database_url, job, tmp_path)
        deadline = time.monotonic() + 2 * SHORT
        while time.monotonic() < deadline:  # longer than the lease, which is renewed
            assert loop._turn()
            assert loop.runner.prepared is None
        assert store.preparation(job.id) is None
    finally:
        maker.kill()
        maker.join()
    with loop.store:
        loop.run()
    assert store.job(job.id).state is JobState.FINISHED
    assert [x.state for x in store.trials(job.id)] == [TrialState.COMPLETED] * 2
    assert loop.runner.prepared is not None
    assert store.preparation(job.id) == loop.runner.prepared.preparation


def test_a_maker_that_is_told_to_stop_leaves_the_lease(spec: JobSpec, store: Store) -> None:
    class Stopping(Watcher):
        def stopping(self) -> bool:
            return True

    job = store.create_job(spec)
    assert not take_up(store, job, TrialRunner.open(spec, "cpu"), "w", Stopping())
    assert store.preparation(job.id) is None
    assert store.take_suggestion_lease(job.id, "other", LEASE) is not None


def test_who_loaded_another_tokenizer_meanwhile_takes_nothing_up(
    spec: JobSpec, store: Store, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(spec.model.path, tmp_path / "model"))
    own = spec.model_copy(update={"model": spec.model.model_copy(update={"path": str(folder)})})
    job = store.create_job(own)
    first = TrialRunner.open(own, "cpu")
    assert first.inputs["model"]["files_beside"]
    (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text() + "\n")
    second = TrialRunner.open(own, "cpu")
    assert take_up(store, job, first, "first", Watcher())
    with pytest.raises(UserError, match=r"the tokenizer\.json with which tiny was trained"):
        take_up(store, job, second, "second", Watcher())
    assert second.prepared is None


def test_a_job_that_was_stopped_is_not_prepared(
    spec: JobSpec, store: Store, database_url: str, tmp_path: Path
) -> None:
    job = store.create_job(spec)
    store.set_state(job.id, JobState.STOPPED)
    loop = _begin(database_url, job, tmp_path)
    with loop.store:
        loop.run()
    assert store.preparation(job.id) is None
