"""Jobs that cannot go on here, and those that nobody works on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch.doctor import job_inputs
from peftsearch.doctor.finding import Health
from peftsearch.doctor.job_inputs import examine_jobs
from peftsearch.records.job import Job, JobState
from peftsearch.records.preparation import Preparation
from peftsearch.storage.store import Store
from peftsearch.workers.models.model_files import ModelFiles
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.workers.tiny import save_model


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    return new_sqlite()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as store:
        yield store


@pytest.fixture
def job(store: Store, tmp_path: Path) -> Job:
    """It runs with a worker, prepared with a model of its own."""
    folder = tmp_path / "model"
    save_model(folder, "bert")
    (tmp_path / "data.csv").touch()
    spec = make_spec()
    model = spec.model.model_copy(update={"path": str(folder)})
    task = spec.task.model_copy(update={"train": str(tmp_path / "data.csv")})
    job = store.create_job(spec.model_copy(update={"model": model, "task": task}))
    made_of = {"model": ModelFiles(str(folder), folder).tell()}
    store.prepare(job.id, Preparation(made_of=made_of))
    store.register_worker(job.id, "w", "host", 1, "cpu")
    job_inputs._tell.cache_clear()
    return job


def told(url: str) -> list[tuple[Health, str]]:
    return [(x.health, x.text) for x in examine_jobs(url)]


def test_a_job_that_can_go_on_is_well(job: Job, url: str) -> None:
    assert told(url) == [(Health.OK, "1 job: models and data lie there as they were")]


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.STOPPED])
def test_a_tokenizer_that_was_exchanged_is_named(
    job: Job, url: str, store: Store, tmp_path: Path, state: JobState
) -> None:
    store.set_state(job.id, state)
    (tmp_path / "model" / "tokenizer.json").write_text("{}")
    ((health, text),) = told(url)
    assert health is (Health.FAILED if state is JobState.RUNNING else Health.NOTE)
    assert text.startswith(f"job job, which is {state.value}: expected the tokenizer.json with")


def test_a_model_that_is_gone_is_named_and_other_jobs_are_told_of(
    job: Job, url: str, store: Store, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "model")
    other = store.create_job(make_spec("other"))
    store.set_state(other.id, JobState.STOPPED, "no space left")
    first, *rest = told(url)
    assert first[0] is Health.FAILED and "the model of job 'job' where it was" in first[1]
    assert (Health.NOTE, "job other is stopped: no space left") in rest


def test_a_job_without_workers_is_noted(job: Job, url: str, store: Store) -> None:
    store.unregister_worker("w")
    ((health, text),) = told(url)
    assert health is Health.NOTE
    assert text == "job job runs, and nobody works on it: `peftsearch worker job` does"


def test_a_database_that_is_not_there_has_no_jobs(tmp_path: Path) -> None:
    assert told(f"sqlite:///{tmp_path}/none.db") == []
