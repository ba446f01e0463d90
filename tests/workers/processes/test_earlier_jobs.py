"""From which jobs of a database a new one learns."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from peftsearch.errors import Conflict, UserError
from peftsearch.jobs import life
from peftsearch.records.job import Job
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import Proposal
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.storage.schema import preparations
from peftsearch.storage.store import Store
from peftsearch.workers.processes.earlier_jobs import find_lessons, with_lessons
from tests.anatomies import BERT
from tests.search.jobs import lora
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_unreadable

PREPARED = Preparation((Floor("features", "frozen features", {"accuracy": 0.7}, 0.01),))


def propose(index: int) -> Proposal:
    """Another one for another index, which fits the model."""
    return Proposal(lora(8, 1e-3 + index * 1e-5), 0, "search")


def run_job(
    store: Store, name: str, trials: int = 10, accuracy: float = 0.8, **given: object
) -> Job:
    """A job of so many completed trials."""
    job = store.create_job(make_spec(name, **given))  # type: ignore[arg-type]
    store.prepare(job.id, PREPARED)
    insert(store, job.id, [propose(i) for i in range(trials)])
    for i in range(trials):
        complete(store, claim(store, job.id), accuracy + i / 1000, 100.0 + i)
    return job


def taught(store: Store, name: str = "new", **search: object) -> list[str]:
    """The jobs that a new one would learn from."""
    job = store.create_job(make_spec(name, search=search))
    found = with_lessons(PREPARED, find_lessons(store, job.spec))
    told = [x.job for x in found.lessons]
    assert all(name in " ".join(found.notes) for name in told)
    assert bool(found.notes) == bool(told)
    return told


def test_unasked_it_is_those_with_a_front_of_the_same_model_first(store: Store) -> None:
    run_job(store, "few", trials=9)
    run_job(store, "below-the-floor", accuracy=0.6)
    run_job(store, "other-kind", task={"kind": "multiple_choice", "train": "t.csv"})
    for name in ("first", "second", "third", "fourth"):
        run_job(store, name)
    assert taught(store) == ["fourth", "third", "second"]


def test_of_another_model_come_later(store: Store) -> None:
    run_job(store, "same")
    other = {"path": "other", "anatomy": BERT.model_dump()}
    run_job(store, "other", anatomy=None, model=other)
    assert taught(store) == ["same", "other"]


def test_named_ones_need_no_ten_trials(store: Store) -> None:
    run_job(store, "few", trials=2)
    run_job(store, "many")
    assert taught(store, learn_from=["few"]) == ["few"]
    assert taught(store, "newer", learn_from="none") == []
    assert taught(store, "newest", learn_from=["gone", "few", "many"]) == ["few", "many"]


def test_what_cannot_be_read_is_passed_over(store: Store, database_url: str) -> None:
    run_job(store, "strange")
    run_job(store, "plain")
    make_unreadable(database_url, "strange", "sampler")
    assert taught(store) == ["plain"]
    assert taught(store, "newer", learn_from=["strange"]) == []


@pytest.mark.parametrize("measured", [5, {"accuracy": "high"}])
def test_what_is_damaged_keeps_no_new_job_from_running(
    store: Store, database_url: str, measured: object
) -> None:
    run_job(store, "plain")
    damaged = store.create_job(make_spec("damaged"))
    floor = {"name": "features", "label": "frozen features", "measurements": measured}
    _write_preparation(database_url, damaged, {"floors": [floor], "head": None, "notes": []})
    insert(store, damaged.id, [propose(0)])
    complete(store, claim(store, damaged.id), 0.8, 100.0)
    assert taught(store, learn_from=["damaged", "plain"]) == ["plain"]


def _write_preparation(url: str, job: Job, document: dict[str, object]) -> None:
    """As it is, which no store would take."""
    engine = create_engine(url, poolclass=NullPool)
    values = {"job_id": job.id, "document": document, "tensors": b"", "answers": b""}
    with engine.begin() as connection:
        connection.execute(preparations.insert().values(values | {"created": 0.0}))


def test_a_launch_refuses_a_source_that_is_none(store: Store) -> None:
    run_job(store, "numbers", trials=0, task={"kind": "regression", "train": "t.csv"})
    with pytest.raises(UserError, match="among numbers in search.learn_from"):
        life.create(store, make_spec("a", search={"learn_from": ["nubmers"]}))
    with pytest.raises(UserError, match="of classification in search.learn_from"):
        life.create(store, make_spec("a", search={"learn_from": ["numbers"]}))
    assert [x.name for x in store.jobs()] == ["numbers"]


def test_a_named_job_that_teaches_nothing_is_told(store: Store) -> None:
    run_job(store, "below", accuracy=0.6)
    run_job(store, "good")
    spec = make_spec("new", search={"learn_from": ["below", "good"]})
    told = life.foresee_lessons(store, spec).notes
    assert [x.split(" ")[0] for x in told] == ["nothing", "begins"]
    assert "'below'" in told[0]
    assert "(good)" in told[1]
    assert life.foresee_lessons(store, make_spec("new", search={"learn_from": "none"})).notes == ()


def test_a_relaunch_without_the_sources_names_the_option(store: Store) -> None:
    run_job(store, "good")
    life.create(store, make_spec("new", search={"learn_from": ["good"]}))
    with pytest.raises(Conflict, match="learns from are named again"):
        life.create_or_resume(store, make_spec("new"))


@pytest.mark.parametrize(
    ("encoder", "found"), [(None, ["lora"]), ("other", ["lora"]), ("mine", ["lora", "lopa"])]
)
def test_prompts_of_another_encoder_teach_nothing(
    store: Store, encoder: str | None, found: list[str]
) -> None:
    """What else the front of such a job has is learnt as from any other."""
    model = {"path": "model", "anatomy": BERT.model_dump()}
    spaces = {"inputs": ["none", "lopa"], "preset": "lora"}
    reading = {"anatomy": None, "model": {**model, "encoder": "mine"}, "space": spaces}
    job = store.create_job(make_spec("reading", **reading))  # type: ignore[arg-type]
    store.prepare(job.id, PREPARED)
    token = Configuration((Stratum(0, BERT.layers),), 1e-2, Module("lopa", 4))
    insert(store, job.id, [propose(0), Proposal(token, 0, "search")])
    for accuracy, cost in ((0.8, 1e5), (0.9, 4e5)):
        complete(store, claim(store, job.id), accuracy, cost)
    asked = make_spec(
        "new",
        anatomy=None,
        model={**model, "encoder": encoder},
        space=spaces,
        search={"learn_from": ["reading"]},
    )
    (lesson,) = find_lessons(store, asked)
    told = [(x.get("input") or {}).get("technique", "lora") for x in lesson.configurations]
    assert sorted(told) == sorted(found)
