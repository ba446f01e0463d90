"""A job, and what stands beside it, goes on with the rows that it began with or not at all."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.records.companion import COMPANION_OF
from peftsearch.records.job import Job
from peftsearch.records.preparation import Preparation
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


def now(data: str, model: str | None = None, encoder: str | None = None) -> dict[str, Any]:
    """Inputs with those rows and weights."""
    named = (("model", model), ("encoder", encoder))
    return {"data": data} | {x: files(sha256) for x, sha256 in named if sha256}


def files(sha256: str, **beside: str) -> dict[str, Any]:
    return {"sha256": sha256, "files_beside": beside}


def train_on(
    filler: Filler, job: Job, data: str | None, rank: int = 1, **weights: dict[str, str]
) -> None:
    Filler(filler.store, job).queue(lora(rank))
    trial = claim(filler.store, job.id)
    told = weights | ({} if data is None else {"data": data})
    values = {"accuracy": 0.7, "training_seconds": 1.0}
    filler.store.complete(trial.id, trial.attempt, values, told, None)


def test_other_rows_than_those_of_its_trials_are_refused(filler: Filler) -> None:
    check_inputs(filler.store, filler.job, now("a"))  # nothing is trained yet
    filler.fail(PROBE)
    train_on(filler, filler.job, None)  # as another version recorded it
    check_inputs(filler.store, filler.job, now("a"))
    train_on(filler, filler.job, "a", rank=2)
    check_inputs(filler.store, filler.job, now("a"))
    with pytest.raises(UserError, match=r"the rows that the trials of job had"):
        check_inputs(filler.store, filler.job, now("b"))


def test_a_companion_has_the_rows_of_the_job_that_it_stands_beside(filler: Filler) -> None:
    store, job = filler.store, filler.job
    train_on(filler, job, "a")
    beside = store.create_job(make_spec("job.baselines"))
    check_inputs(store, beside, now("b"))  # a name says nothing
    store.save_report(beside.id, COMPANION_OF, {"name": job.name, "uid": job.uid})
    check_inputs(store, beside, now("a"))
    with pytest.raises(UserError, match="the rows that the trials of job had"):
        check_inputs(store, beside, now("b"))
    store.delete_job(job.id)
    check_inputs(store, beside, now("b"))  # nobody knows any more
    train_on(filler, beside, "b")
    with pytest.raises(UserError, match=r"others in "):
        check_inputs(store, beside, now("a"))


def test_other_weights_than_those_of_its_trials_are_refused(filler: Filler) -> None:
    store, job = filler.store, filler.job
    check_inputs(store, job, now("a", "c" * 64))  # nothing is trained yet
    model = {"path": "x", "sha256": "a" * 64}
    train_on(filler, job, "a", encoder={"path": "y", "sha256": "b" * 64}, model=model)
    train_on(filler, job, "a", rank=2, model=model)  # by no encoder
    check_inputs(store, job, now("a", "a" * 64, "b" * 64))
    with pytest.raises(UserError, match="the model that the trials of job had, with weights aaaa"):
        check_inputs(store, job, now("a", "c" * 64, "b" * 64))
    with pytest.raises(UserError, match=r"the encoder .* bbbb.*got weights cccc"):
        check_inputs(store, job, now("a", "a" * 64, "c" * 64))


def test_a_companion_has_the_model_of_the_job_that_it_stands_beside(filler: Filler) -> None:
    store, job = filler.store, filler.job
    train_on(filler, job, "a", model={"path": "x", "sha256": "a" * 64})
    beside = store.create_job(make_spec("job.baselines"))
    store.save_report(beside.id, COMPANION_OF, {"name": job.name, "uid": job.uid})
    check_inputs(store, beside, now("a", "a" * 64))
    with pytest.raises(UserError, match="the model that the trials of job had"):
        check_inputs(store, beside, now("a", "c" * 64))


def test_the_job_beside_which_one_stands_is_looked_up_once(
    filler: Filler, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def note(store: Store, job: Job) -> Mapping[str, Any] | None:
        asked.append(job.name)
        return find_parent(store, job)

    monkeypatch.setattr(same_rows, "find_parent", note)
    check_inputs(filler.store, filler.job, now("a", "a" * 64, "b" * 64))
    assert asked == ["job"]


def beside(**told: str) -> dict[str, Any]:
    """Inputs of weights `a` and those files beside them."""
    return now("a") | {"model": files("a" * 64, **told)}


@pytest.mark.parametrize(
    ("later", "told"),
    [
        ({"vocab": "2"}, "the vocab with which job was trained, SHA-256 1; got SHA-256 2"),
        ({}, "the vocab with which job was trained, SHA-256 1; got no such file"),
        ({"vocab": "1", "added": "2"}, "the added with which job was trained: none; got SHA-256"),
    ],
)
def test_other_files_beside_the_weights_are_refused(
    filler: Filler, later: dict[str, str], told: str
) -> None:
    store, job = filler.store, filler.job
    check_inputs(store, job, beside(vocab="2"))  # nothing is trained yet
    train_on(filler, job, "a", model={"sha256": "a" * 64})  # as another version recorded it
    check_inputs(store, job, beside(**later))
    train_on(filler, job, "a", rank=2, model=files("a" * 64, vocab="1"))
    train_on(filler, job, "a", rank=3, model={"sha256": "a" * 64})
    check_inputs(store, job, beside(vocab="1"))
    with pytest.raises(UserError, match=told) as found:
        check_inputs(store, job, beside(**later))
    assert found.value.where == "model.path" and "\n" not in str(found.value)


def test_other_files_beside_those_of_the_encoder_are_refused(filler: Filler) -> None:
    read = {"encoder": files("b" * 64, vocab="1")}
    train_on(filler, filler.job, "a", model=files("a" * 64), encoder=read["encoder"])
    check_inputs(filler.store, filler.job, now("a") | read)
    other = {"encoder": files("b" * 64, vocab="2")}
    with pytest.raises(UserError, match="the vocab of the encoder with which job") as found:
        check_inputs(filler.store, filler.job, now("a") | other)
    assert found.value.where == "model.encoder"


@pytest.mark.parametrize(
    ("now_there", "told"),
    [
        (now("b", "a" * 64), "the rows"),
        (now("a", "b" * 64), "the model"),
        (beside(vocab="2"), "the vocab"),
    ],
)
def test_what_a_job_was_prepared_with_is_known_before_a_trial_has_ended(
    filler: Filler, now_there: dict[str, Any], told: str
) -> None:
    filler.store.prepare(filler.job.id, Preparation(made_of=beside(vocab="1")))
    check_inputs(filler.store, filler.job, beside(vocab="1"))
    with pytest.raises(UserError, match=told):
        check_inputs(filler.store, filler.job, now_there)
