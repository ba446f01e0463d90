"""A job, and what stands beside it, goes on with the rows that it began with or not at all."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.records.companion import COMPANION_OF
from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from peftsearch.workers.processes import same_rows
from peftsearch.workers.processes.companions import find_parent
from peftsearch.workers.processes.same_rows import check_inputs
from tests.conftest import NewDatabase
from tests.service.records import PROBE, Filler, lora
from tests.specs import make_spec
from tests.storage.examples import claim


@pytest.fixture
def filler(new_sqlite: NewDatabase) -> Iterator[Filler]:
    with Store.open(new_sqlite()) as store:
        yield Filler.open(store, make_spec())


def train_on(
    filler: Filler, job: Job, data: str | None, rank: int = 1, **weights: dict[str, str]
) -> None:
    Filler(filler.store, job).queue(lora(rank))
    trial = claim(filler.store, job.id)
    told = weights | ({} if data is None else {"data": data})
    values = {"accuracy": 0.7, "training_seconds": 1.0}
    filler.store.complete(trial.id, trial.attempt, values, told, None)


def test_other_rows_than_those_of_its_trials_are_refused(filler: Filler) -> None:
    check_inputs(filler.store, filler.job, "a", {})  # nothing is trained yet
    filler.fail(PROBE)
    train_on(filler, filler.job, None)  # as another version recorded it
    check_inputs(filler.store, filler.job, "a", {})
    train_on(filler, filler.job, "a", rank=2)
    check_inputs(filler.store, filler.job, "a", {})
    with pytest.raises(UserError, match=r"the rows that the trials of job had"):
        check_inputs(filler.store, filler.job, "b", {})


def test_a_companion_has_the_rows_of_the_job_that_it_stands_beside(filler: Filler) -> None:
    store, job = filler.store, filler.job
    train_on(filler, job, "a")
    beside = store.create_job(make_spec("job.baselines"))
    check_inputs(store, beside, "b", {})  # a name says nothing
    store.save_report(beside.id, COMPANION_OF, {"name": job.name, "uid": job.uid})
    check_inputs(store, beside, "a", {})
    with pytest.raises(UserError, match="the rows that the trials of job had"):
        check_inputs(store, beside, "b", {})
    store.delete_job(job.id)
    check_inputs(store, beside, "b", {})  # nobody knows any more
    train_on(filler, beside, "b")
    with pytest.raises(UserError, match=r"others in "):
        check_inputs(store, beside, "a", {})


def test_other_weights_than_those_of_its_trials_are_refused(filler: Filler) -> None:
    store, job = filler.store, filler.job
    check_inputs(store, job, "a", {"model": "c" * 64})  # nothing is trained yet
    model = {"path": "x", "sha256": "a" * 64}
    train_on(filler, job, "a", encoder={"path": "y", "sha256": "b" * 64}, model=model)
    train_on(filler, job, "a", rank=2, model=model)  # by no encoder
    check_inputs(store, job, "a", {"model": "a" * 64, "encoder": "b" * 64})
    with pytest.raises(UserError, match="the model that the trials of job had, with weights aaaa"):
        check_inputs(store, job, "a", {"model": "c" * 64, "encoder": "b" * 64})
    with pytest.raises(UserError, match=r"the encoder .* bbbb.*got weights cccc"):
        check_inputs(store, job, "a", {"model": "a" * 64, "encoder": "c" * 64})


def test_a_companion_has_the_model_of_the_job_that_it_stands_beside(filler: Filler) -> None:
    store, job = filler.store, filler.job
    train_on(filler, job, "a", model={"path": "x", "sha256": "a" * 64})
    beside = store.create_job(make_spec("job.baselines"))
    store.save_report(beside.id, COMPANION_OF, {"name": job.name, "uid": job.uid})
    check_inputs(store, beside, "a", {"model": "a" * 64})
    with pytest.raises(UserError, match="the model that the trials of job had"):
        check_inputs(store, beside, "a", {"model": "c" * 64})


def test_the_job_beside_which_one_stands_is_looked_up_once(
    filler: Filler, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def note(store: Store, job: Job) -> Mapping[str, Any] | None:
        asked.append(job.name)
        return find_parent(store, job)

    monkeypatch.setattr(same_rows, "find_parent", note)
    check_inputs(filler.store, filler.job, "a", {"model": "a" * 64, "encoder": "b" * 64})
    assert asked == ["job"]
