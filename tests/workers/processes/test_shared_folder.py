"""Two databases with one folder of files, as all PostgreSQL databases of a working folder have."""

import json
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import StoreUnavailable
from peftsearch.records.job import Job
from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import spool_folder
from peftsearch.workers.files.ownership import check_adapter, hash_tensors
from peftsearch.workers.files.spool import flush
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.conftest import NewDatabase
from tests.storage.examples import claim, insert
from tests.workers.monitors import Watcher
from tests.workers.runners import LORA, open_runner

pytestmark = pytest.mark.usefixtures("warm_start")


class Once(Watcher):
    """A monitor that lets a worker go after one trial."""

    ended = False

    def claimed(self, trial: Trial | None) -> None:
        self.ended = trial is None

    def stopping(self) -> bool:
        return self.ended


class Away(Store):
    """A database that goes away when results are brought."""

    def complete(self, *arguments: Any, **named: Any) -> int:
        raise StoreUnavailable("the database", "it is away")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    return open_runner(tmp_path_factory.mktemp("job"), folders["bert"], epochs=1)


def _work(store: Store, runner: TrialRunner, root: Path, seed: int) -> tuple[Job, Trial]:
    """A job of the one name after its first trial, of that seed."""
    job = store.create_job(runner.spec)
    insert(store, job.id, [Proposal(LORA, seed, "try")])
    store.register_worker(job.id, "w", "host", 1, "cpu")
    WorkerLoop("w", store, job, runner, root, Once()).run()
    return job, store.trial(job.id, 0)


def test_jobs_of_one_name_keep_their_adapters_apart(
    store: Store, new_sqlite: NewDatabase, runner: TrialRunner, tmp_path: Path
) -> None:
    with Store.open(new_sqlite()) as other:
        _, first = _work(store, runner, tmp_path, seed=1)
        _, second = _work(other, runner, tmp_path, seed=2)
    folders = [tmp_path / str(trial.adapter) for trial in (first, second)]
    for folder, trial in zip(folders, (first, second), strict=True):
        assert trial.state is TrialState.COMPLETED
        check_adapter(folder, trial)
    assert hash_tensors(folders[0]) != hash_tensors(folders[1])


def test_a_result_that_waits_is_for_its_own_database(
    store: Store, new_sqlite: NewDatabase, runner: TrialRunner, tmp_path: Path
) -> None:
    """Not even where the trials of both have one id."""
    away, url = Away(store._connection), new_sqlite()
    job, running = _work(away, runner, tmp_path, seed=1)
    (waiting,) = spool_folder(tmp_path, job).iterdir()
    assert running.state is TrialState.RUNNING
    with Store.open(url) as other:
        another, done = _work(other, runner, tmp_path, seed=2)
        assert done.state is TrialState.COMPLETED
        insert(other, another.id, [Proposal(LORA, 3, "try")])
        held = claim(other, another.id)
        content = json.loads(waiting.read_text()) | {"trial_id": held.id}
        own = spool_folder(tmp_path, another) / waiting.name
        own.parent.mkdir(parents=True)
        own.write_text(json.dumps(content))
        assert flush(tmp_path, other, another) == 0
        assert other.trial(another.id, 1).state is TrialState.RUNNING
    assert flush(tmp_path, store, job) == 1
    ended = store.trial(job.id, 0)
    assert (ended.state, ended.provenance["seed"]) == (TrialState.COMPLETED, 1)
    check_adapter(tmp_path / str(ended.adapter), ended)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_an_older_version_left_is_taken_if_it_is_the_trial_s(
    store: Store, runner: TrialRunner, tmp_path: Path, seed: int
) -> None:
    """It kept results by the job's name alone, without the job's own id."""
    job, _ = _work(Away(store._connection), runner, tmp_path, seed=1)
    (waiting,) = spool_folder(tmp_path, job).iterdir()
    content = json.loads(waiting.read_text())
    left = {name: x for name, x in content.items() if name not in ("job", "adapter_sha256")}
    left["provenance"] = content["provenance"] | {"seed": seed}
    waiting.unlink()
    old = tmp_path / job.name / "spool" / waiting.name
    old.parent.mkdir(parents=True)
    old.write_text(json.dumps(left))
    taken = flush(tmp_path, store, job) == 1
    assert (taken, old.exists()) == (seed == 1, seed != 1)
    state = store.trial(job.id, 0).state
    assert state is (TrialState.COMPLETED if seed == 1 else TrialState.RUNNING)
