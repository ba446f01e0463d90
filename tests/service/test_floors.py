"""What the API says of a job's floors: beside the front, of a pick, of the job."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from peftsearch.records.job import JobState
from peftsearch.results.comparisons.chance import luck
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.floors import prepare

from .records import SPEC, Filler, fill_example, fill_repeated, lora
from .sites import client_of, get, open_site

FLOOR = 0.79
"""The example's best has .80, of 400 rows."""


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        store.prepare(fill_example(store).job.id, prepare(FLOOR))
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    with client_of(open_site(url)) as client:
        yield client


def test_the_front_names_the_floors_the_best_first(client: TestClient) -> None:
    floors = get(client, "front")["floors"]
    assert [x["name"] for x in floors] == ["features", "tfidf"]
    assert floors[0] == {
        "name": "features",
        "label": "logistic regression on frozen features",
        "short": "frozen features",
        "value": FLOOR,
        "standard_error": 0.02,
    }


def test_that_nothing_beats_the_floor_is_said_now_and_of_the_past(client: TestClient) -> None:
    below, tries = get(client, "front")["warnings"]
    assert "Nothing here beats the floor by more than noise, by the validation rows" in below
    assert tries.startswith("Try ")
    assert "0.1900 worse" in get(client, "front?event=1")["warnings"][0]
    assert get(client, "front?event=0")["warnings"] == []


def test_what_is_proposed_and_does_not_beat_the_floor_says_which_does(
    new_sqlite: NewDatabase,
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        filler = fill_example(store)
        filler.complete(lora(4), 0.785)
        store.prepare(filler.job.id, prepare(0.72))
    with client_of(open_site(url)) as client:
        assert get(client, "front")["warnings"] == []
        found = client.get("/api/v1/jobs/job/pick").json()
    assert (found["point"]["row"], found["above"], found["caveat"]) == (3, 4, None)
    assert found["why"].startswith("The cheapest on the front within one standard error of the")
    assert found["floor"]["verdict"] == "level"


def test_of_the_best_of_several_more_is_asked(
    new_sqlite: NewDatabase,
) -> None:
    """Alone the best, .80, would beat this floor, by .06 where chance gives one .055."""
    url = new_sqlite()
    with Store.open(url) as store:
        filler = fill_example(store)
        store.prepare(filler.job.id, prepare(0.74))
        tried = len({x.key for x in store.trials(filler.job.id) if x.state == "completed"})
    with client_of(open_site(url)) as client:
        below, tries = get(client, "front")["warnings"]
        found = client.get("/api/v1/jobs/job/pick?pick=best").json()
    assert f"that chance may give the best of {tried}" in below and tries.startswith("Try ")
    assert found["caveat"].startswith("nothing on the front beats") and found["above"] is None
    floor = found["floor"]
    assert floor["verdict"] == "level"
    assert floor["noise"] == pytest.approx(luck(tried) * floor["standard_error"])


def test_a_pick_says_where_it_stands(client: TestClient) -> None:
    picks = [
        client.get("/api/v1/jobs/job/pick", params={"pick": text}).json() for text in ("best", "1")
    ]
    verdicts = [x["floor"] for x in picks]
    assert {x["caveat"].partition(",")[0] for x in picks} == {
        "nothing on the front beats the floor by more than noise"
    }
    assert [x["verdict"] for x in verdicts] == ["level", "below"]
    assert verdicts[0]["gain"] == pytest.approx(0.01)
    assert verdicts[1]["words"].startswith("accuracy 0.6000 is 0.1900 worse than the 0.7900 of")


def test_the_job_tells_what_it_found_out(client: TestClient, url: str) -> None:
    job = client.get("/api/v1/jobs/job").json()
    assert [x["short"] for x in job["floors"]] == ["frozen features", "TF-IDF"]
    assert job["head"] == {"pooling": "mean", "start": "probe"}
    reads, apart = job["notes"]
    assert reads == "the head reads the mean"
    assert apart.startswith("frozen features and the linear probe are two things: ")
    with Store.open(url) as store:
        trials = store.trials(store.find_job("job").id)
    volumes = get(client, "progress")["hypervolume"]
    assert (
        volumes[-1]
        == job["hypervolume"]
        == pytest.approx(hypervolume(SPEC, trials, prepare(FLOOR)))
    )
    assert 0 < volumes[-1] < hypervolume(SPEC, trials)


def test_floors_that_are_measured_after_the_first_look_count(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    with Store.open(url) as store, client_of(open_site(url)) as client:
        filler = Filler.open(store)
        assert get(client, "front")["floors"] == []
        store.prepare(filler.job.id, prepare(FLOOR))
        assert client.get("/api/v1/jobs/job").json()["floors"][0]["value"] == FLOOR
        filler.complete(lora(1), 0.85)
        assert get(client, "front")["floors"][0]["value"] == FLOOR
        expected = hypervolume(SPEC, store.trials(filler.job.id), prepare(FLOOR))
        assert get(client, "progress")["hypervolume"] == [pytest.approx(expected)]


def test_a_job_from_before_has_none(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    with Store.open(url) as store, client_of(open_site(url)) as client:
        fill_example(store)
        job = client.get("/api/v1/jobs/job").json()
        assert (job["floors"], job["head"], job["notes"]) == ([], None, [])
        assert client.get("/api/v1/jobs/job/pick?pick=1").json()["floor"] is None


def listed(url: str) -> str | None:
    """What a list of jobs tells of the job's outcome, by a service that has just begun."""
    with client_of(open_site(url)) as client:
        (job,) = client.get("/api/v1/jobs").json()["jobs"]
        detail = client.get("/api/v1/jobs/job").json()
        (again,) = client.get("/api/v1/jobs").json()["jobs"]
    assert job["outcome"] == detail["outcome"] == again["outcome"]
    told: str | None = job["outcome"]
    return told


@pytest.mark.parametrize(
    ("floor", "told"),
    [
        (FLOOR, "nothing beats the floor"),
        (1.0, "nothing can beat the floor"),
        (0.6, "front of 3 configurations"),
    ],
)
def test_a_list_of_jobs_tells_what_came_of_a_finished_one(
    new_sqlite: NewDatabase, floor: float, told: str
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        job = fill_example(store).job
        store.prepare(job.id, prepare(floor))
        assert listed(url) is None
        store.set_state(job.id, JobState.FINISHED)
    assert listed(url) == told


def test_the_best_is_one_of_so_many_configurations_wherever_that_is_told(
    new_sqlite: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repeats are no further chances: a list and a page of one job said different things."""

    def tell(front: object, size: int, tried: int, *rest: object) -> str:
        return f"best of {tried}"

    monkeypatch.setattr("peftsearch.service.memory.outcomes.tell_outcome", tell)
    url = new_sqlite()
    with Store.open(url) as store:
        store.set_state(fill_repeated(store).job.id, JobState.FINISHED)
    assert listed(url) == "best of 15"
