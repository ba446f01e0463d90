"""A job that cannot be read here, over HTTP: listed, refused in one line, stopped and deleted."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from peftsearch.service.memory.history import Histories
from peftsearch.service.streams.polling import Wanted, poll
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.storage import examples
from tests.waiting import wait_until

from .launches import add_job
from .sites import client_of, open_site

API = "/api/v1"
LINE = "expected a spec of job 'strange' that can be read here"


@pytest.fixture(params=["kind", "no table"])
def url(new_sqlite: NewDatabase, request: pytest.FixtureRequest) -> str:
    """A database with the readable job `fine` before the job `strange`; both have a worker."""
    url = new_sqlite()
    with Store.open(url) as store:
        for name in ("fine", "strange"):
            job = add_job(store, name, [0.5, 0.75])
            store.register_worker(job.id, f"of-{name}", "elsewhere", 7, "cpu")
            examples.insert(store, job.id, [examples.make_proposal(7)])
            examples.claim(store, job.id, f"of-{name}")
    examples.make_unreadable(url, "strange", request.param)
    return url


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    with client_of(open_site(url)) as client:
        yield client


def test_the_list_has_it_and_the_others(client: TestClient) -> None:
    strange, fine = client.get(f"{API}/jobs").json()["jobs"]
    assert strange["problem"].startswith(LINE)
    assert (strange["name"], strange["state"], strange["event"]) == ("strange", "running", 2)
    assert strange["counts"] == {"queued": 0, "running": 1, "completed": 2, "failed": 0}
    assert (strange["best"], strange["live_workers"]) == (None, 1)
    assert strange["budget"] == {"trials": None, "hours": None}
    assert (fine["name"], fine["problem"], fine["best"]["value"]) == ("fine", None, 0.75)


def test_workers_are_listed_too(client: TestClient) -> None:
    fine, strange = client.get(f"{API}/workers").json()["workers"]
    assert (fine["job"], fine["trial"]["number"]) == ("fine", 2)
    assert (strange["job"], strange["live"], strange["trial"]) == ("strange", True, None)
    (again,) = client.get(f"{API}/jobs/strange/workers").json()["workers"]
    assert (again["name"], again["trial"]) == ("of-strange", None)


@pytest.mark.parametrize(
    "path", ["", "/trials", "/points", "/front", "/pick?pick=knee", "/importance", "/events"]
)
def test_what_needs_its_spec_is_refused_in_one_line(client: TestClient, path: str) -> None:
    answer = client.get(f"{API}/jobs/strange{path}")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(LINE)
    assert answer.json()["got"] in ("'<b>grades</b>'", "[1]")


def test_it_is_stopped_and_deleted(client: TestClient, url: str) -> None:
    for body, path in (({"workers": 0}, "resume"), ({"pick": "knee"}, "exports")):
        assert client.post(f"{API}/jobs/strange/{path}", json=body).status_code == 422
    stopped = client.post(f"{API}/jobs/strange/stop", json={}).json()
    assert (stopped["state"], stopped["problem"][: len(LINE)]) == ("stopped", LINE)
    with Store.open(url) as store:
        store.unregister_worker("of-strange")
    assert client.delete(f"{API}/jobs/strange").status_code == 204
    assert [job["name"] for job in client.get(f"{API}/jobs").json()["jobs"]] == ["fine"]


def test_a_readable_job_is_stopped_with_all_its_details(client: TestClient) -> None:
    stopped = client.post(f"{API}/jobs/fine/stop", json={}).json()
    shown = client.get(f"{API}/jobs/fine").json()
    assert stopped.keys() == shown.keys() > {"spec", "task_kind"}
    assert (stopped["state"], stopped["problem"]) == ("stopped", None)


def test_older_jobs_are_read_before_anybody_asks(client: TestClient) -> None:
    histories = client.app.state.service.histories  # type: ignore[attr-defined]
    wait_until(lambda: len(histories) == 1)


def test_who_follows_others_has_their_news(url: str) -> None:
    """A resume by a newer peftsearch may make a job unreadable while somebody follows it."""
    with Store.open(url) as store:
        keys = [(job.id, job.created) for job in store.jobs()]
        found = poll(store, Histories(), {}, Wanted(dict.fromkeys(reversed(keys)), True))
    assert (list(found.news), found.gone) == (keys[:1], set())
    assert found.jobs is not None and b"strange" in found.jobs


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trials SET configuration = '{bad'",
        "UPDATE trials SET claimed_at = 'x', ended_at = 'y'",
        "UPDATE front_entries SET means = '[1]'",
        "UPDATE front_entries SET means = '{}'",
        "UPDATE front_entries SET trial_numbers = '{}'",
        "UPDATE front_entries SET trial_numbers = 'null'",
    ],
)
def test_damaged_records_of_one_job_take_no_other_away(
    new_sqlite: NewDatabase, statement: str
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        add_job(store, "fine", [0.5, 0.75])
        damaged = add_job(store, "damaged", [0.5, 0.75])
    examples.damage(url, f"{statement} WHERE job_id = {damaged.id}")
    with client_of(open_site(url)) as client:
        shown, fine = client.get(f"{API}/jobs").json()["jobs"]
        assert (fine["name"], fine["problem"], fine["best"]["value"]) == ("fine", None, 0.75)
        assert (shown["name"], shown["quality"], shown["best"]) == ("damaged", "accuracy", None)
        assert shown["problem"] and "\n" not in shown["problem"]
