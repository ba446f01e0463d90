"""Contract: a job's preparation is written once, and read by all as it was written."""

import math

import pytest

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.preparation import Floor, HeadChoice, Preparation
from peftsearch.storage.store import Store
from tests.specs import make_spec

from .threads import race

FLOORS = (
    Floor("features", "logistic regression on frozen features", {"accuracy": 0.77}, 0.013),
    Floor("tfidf", "TF-IDF with logistic regression", {"accuracy": 0.69, "f1": 0.7}),
)
PREPARATION = Preparation(FLOORS, HeadChoice("mean", "probe"), ("pooling: mean, .77 to .71",))


def test_it_is_read_as_it_was_written(store: Store) -> None:
    job = store.create_job(make_spec())
    assert store.prepare(job.id, PREPARATION, b"\0head", b"\0answers") == PREPARATION
    assert store.preparation(job.id) == PREPARATION
    assert store.head_start(job.id) == b"\0head"
    assert store.floor_answers(job.id) == b"\0answers"


def test_a_job_from_before_has_none(store: Store) -> None:
    job = store.create_job(make_spec())
    assert store.preparation(job.id) is None
    assert store.head_start(job.id) == store.floor_answers(job.id) == b""


def test_one_without_floors_and_head_stands_too(store: Store) -> None:
    job = store.create_job(make_spec())
    store.prepare(job.id, Preparation())
    assert store.preparation(job.id) == Preparation()
    assert store.head_start(job.id) == b""


def test_the_first_writer_wins(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec())

    def write(own: Store, index: int) -> Preparation:
        return own.prepare(job.id, Preparation(notes=(f"{index}",)), b"%d" % index)

    found = race(database_url, write)
    assert len(set(found)) == 1
    assert found[0].notes == (store.head_start(job.id).decode(),)


def test_jobs_have_their_own(store: Store) -> None:
    first, second = store.create_job(make_spec("first")), store.create_job(make_spec("second"))
    store.prepare(first.id, PREPARATION, b"head")
    assert store.preparation(second.id) is None


def test_what_is_no_job_and_no_number_is_refused(store: Store) -> None:
    job = store.create_job(make_spec())
    with pytest.raises(NotFoundError):
        store.prepare(job.id + 1, PREPARATION)
    with pytest.raises(ValueError, match="finite"):
        store.prepare(job.id, Preparation((Floor("base", "x", {"loss": math.nan}),)))
    with pytest.raises(ValueError, match="JSON"):
        store.prepare(job.id, Preparation((Floor("base", "x", {"loss": 1.0}, math.inf),)))
    assert store.preparation(job.id) is None


def test_the_best_floor_is_by_the_objectives_direction() -> None:
    losses = [Floor(x, x, {"loss": value}) for x, value in (("a", 2.0), ("b", 1.0), ("c", 1.0))]
    best = Preparation((*losses, *FLOORS)).best("loss")
    assert best is not None
    assert best.name == "b"
    assert Preparation(FLOORS).best("accuracy") == FLOORS[0]
    assert Preparation(FLOORS).best("loss") is None


@pytest.mark.parametrize(
    "document",
    [
        {"floors": [], "head": {"pooling": "max", "start": "probe"}, "notes": []},
        {"floors": [{"name": "x", "weather": 1}], "head": None, "notes": []},
        {},
    ],
)
def test_what_a_newer_one_wrote_is_refused_in_one_line(document: dict[str, object]) -> None:
    with pytest.raises(UserError, match="update peftsearch") as caught:
        Preparation.from_json(document)
    assert "\n" not in str(caught.value)


def test_a_floor_that_is_not_finite_is_refused_in_one_line(store: Store) -> None:
    """A kind of another package measures what it likes; labels may be too large for a square."""
    job = store.create_job(make_spec())
    floor = Floor("middle", "the middle", {"accuracy": 0.5, "rmse": float("inf")})
    with pytest.raises(UserError, match="finite measurements of the floor middle; got rmse inf"):
        store.prepare(job.id, Preparation((floor,)))
    assert store.preparation(job.id) is None
