"""The trials table, one trial in full, and the columns of all."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from peftsearch.insight import columns
from peftsearch.records.estimates import share_error
from peftsearch.records.trial import Proposal, Reasons
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.storage.examples import insert

from .records import PROBE, Filler, fill_example, lora
from .sites import client_of, get, open_site


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    """A database with the example, one queued and one running trial, and a curve."""
    url = new_sqlite()
    with Store.open(url) as store:
        filler = fill_example(store)
        filler.queue(lora(2))
        trial = store.claim(filler.job.id, "w", 600)
        assert trial is not None
        curve = {0.25: 0.9, 0.75: 0.5}
        values = {"accuracy": 0.75, "training_seconds": 3.0}
        store.complete(trial.id, trial.attempt, values, {"device": "cpu"}, None, curve)
        filler.queue(lora(16))
        store.claim(filler.job.id, "w", 600)
        filler.queue(PROBE, "repeat")
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    """Of the application over that database."""
    with client_of(open_site(url)) as client:
        yield client


def numbers(client: TestClient, query: str) -> list[int]:
    body = get(client, f"trials?{query}")
    assert body["total"] == len(body["trials"])
    return [row["number"] for row in body["trials"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("state=failed", [4]),
        ("state=queued&state=running", [7, 8]),
        ("origin=repeat", [8]),
        ("origin=tpe", []),
        ("origin=spread&origin=repeat&origin=model&origin=own", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("failure=out_of_memory", [4]),
        ("front=true", [0, 1, 2, 3]),
        ("front=false&state=completed", [5, 6]),
        ("technique=frozen", [0, 8]),
        ("technique=lora&state=completed", [1, 2, 3, 5, 6]),
        ("technique=bitfit", []),
        ("text=R8%20Q", [2]),
        ("text=no+memory", [4]),
        (f"key={lora(1).key}", [1, 3]),
        ("min.accuracy=0.75&max.accuracy=0.76", [3, 6]),
        ("min.accuracy=-inf", [0, 1, 2, 3, 5, 6]),
        ("sort=-number&state=failed&state=running", [7, 4]),
        ("sort=accuracy", [0, 5, 1, 6, 3, 2, 4, 7, 8]),
        ("sort=-accuracy", [2, 3, 6, 1, 5, 0, 4, 7, 8]),
        ("sort=-event&state=completed", [6, 5, 3, 2, 1, 0]),
        ("sort=cost&max.trainable_parameters=2e4", [0, 8, 1, 3, 5, 6]),
    ],
)
def test_filters_and_sorting(client: TestClient, query: str, expected: list[int]) -> None:
    assert sorted(numbers(client, query)) == sorted(expected)
    if "sort" in query or not query:
        assert numbers(client, query) == expected


def test_pages(client: TestClient) -> None:
    pages = [get(client, f"trials?sort=-accuracy&offset={i}&limit=4") for i in (0, 4, 8, 12)]
    assert [page["total"] for page in pages] == [9] * 4
    rows = [row["number"] for page in pages for row in page["trials"]]
    assert rows == numbers(client, "sort=-accuracy")


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("sort=acuracy", "a column to sort by among number"),
        ("acuracy=1", "a filter among state, origin"),
        ("min.acuracy=1", "a filter among state, origin"),
        ("min.accuracy=much", "a number for min.accuracy"),
        ("min.accuracy=nan", "a number for accuracy"),
        ("technique=loar", "technique"),
        ("origin=modle", "an origin among imported, probe, own, earlier, learnt, recipe, spread"),
        ("origin=repeat&origin=nobody", "got 'nobody'; correct it"),
        ("state=done", "query.state"),
        ("offset=-1", "query.offset"),
        ("offset=99999999999999999999", "query.offset"),
        ("limit=5000", "query.limit"),
        ("front=perhaps", "query.front"),
    ],
)
def test_wrong_filters_are_named(client: TestClient, query: str, part: str) -> None:
    answer = client.get(f"/api/v1/jobs/job/trials?{query}")
    assert answer.status_code == 422
    assert part in answer.json()["detail"]


@pytest.mark.parametrize("text", ["\0", "\ud800".encode("utf-8", "surrogatepass"), "%", "'\""])
def test_odd_text_finds_nothing(client: TestClient, text: str) -> None:
    assert numbers(client, f"text={quote(text)}&key={quote(text)}") == []


@pytest.mark.parametrize("name", ["none", "%00", "a%2Fb", "x" * 300, "%ED%A0%80"])
def test_an_unknown_job(client: TestClient, name: str) -> None:
    for path in ("trials", "points", "trials/1"):
        answer = client.get(f"/api/v1/jobs/{name}/{path}")
        assert answer.status_code in (404, 422)
        assert answer.headers["content-type"] == "application/problem+json"


def test_one_trial(client: TestClient) -> None:
    found = get(client, "trials/6")
    assert found["curve"] == [[0.25, 0.9], [0.75, 0.5]]
    assert (found["standard_error"], found["adapter"], found["on_front"]) == (None, False, False)
    assert found["provenance"] == {"device": "cpu"}
    assert len(found["map"]["layers"]) == 6
    named = {x["name"]: (x["unit"], x["maximise"], x["value"]) for x in found["objectives"]}
    assert named["accuracy"] == ("", True, 0.75)
    assert named["adapter_bytes"] == ("B", False, 4 * found["cost"])


def test_one_trial_says_why_the_model_proposed_it(new_sqlite: NewDatabase) -> None:
    with Store.open(url := new_sqlite()) as store:
        filler = Filler.open(store)
        filler.complete(PROBE, 0.6)
        reasons = Reasons(0.02, 1, (PROBE.key, "0123456789abcdef"))
        insert(store, filler.job.id, [Proposal(lora(2), 0, "search", reasons=reasons)])
    with client_of(open_site(url)) as client:
        assert get(client, "trials/0")["reasons"] is None
        found = get(client, "trials/1")["reasons"]
    near = {"number": 0, "words": "0-5 frozen | rate 1.0e-03", "quality": 0.6, "cost": 0.0}
    assert found == {"expected_gain": 0.02, "known": 1, "nearest": [near]}


def test_one_trial_knows_its_seeds_and_its_error(client: TestClient) -> None:
    found = get(client, "trials/1")
    assert found["same_key"] == [3]
    assert found["standard_error"] == pytest.approx(share_error(0.74, 400))
    assert get(client, "trials/0")["same_key"] == [8]


def test_an_open_trial(client: TestClient) -> None:
    found = get(client, "trials/7")
    assert (found["state"], found["event"], found["worker"]) == ("running", None, "w")
    assert found["cost"] > 0


@pytest.mark.parametrize("number", ["9", "2147483647", "99999999999", "-1", "x", "1.5", "%00"])
def test_no_such_trial(client: TestClient, number: str) -> None:
    assert client.get(f"/api/v1/jobs/job/trials/{number}").status_code in (404, 422)


def test_points_are_the_ended_trials_in_order(client: TestClient) -> None:
    body = get(client, "points")
    assert body["event"] == 7
    assert body["columns"]["number"] == list(range(7))
    assert body["columns"]["event"] == list(range(1, 8))
    assert body["columns"]["failure"][4] == "out_of_memory"
    assert body["columns"]["values"]["accuracy"] == [0.60, 0.74, 0.80, 0.76, None, 0.70, 0.75]
    lengths = {len(x) for x in body["columns"].values() if isinstance(x, list)}
    assert lengths == {7} == {len(x) for x in body["columns"]["values"].values()}


def test_points_after_an_event(client: TestClient) -> None:
    everything = get(client, "points")["columns"]
    for after in (0, 1, 5, 7, 10**30):
        found = get(client, f"points?after={after}")["columns"]
        assert found["event"] == everything["event"][min(after, 7) :]
        assert found["values"].get("accuracy", []) == everything["values"]["accuracy"][after:]


def test_blocks_do_not_show(client: TestClient, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [get(client, f"points?after={after}") for after in range(8)]
    monkeypatch.setattr(columns, "BLOCK", 2)
    with client_of(open_site(url)) as other:
        assert [get(other, f"points?after={after}") for after in range(8)] == expected


def test_an_answer_is_not_sent_twice(client: TestClient) -> None:
    first = client.get("/api/v1/jobs/job/points")
    tag = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    again = client.get("/api/v1/jobs/job/points", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    plain = client.get("/api/v1/jobs/job/points", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == first.json()


def test_a_new_event_is_another_answer(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    with Store.open(url) as store, client_of(open_site(url)) as client:
        filler = Filler.open(store)
        empty = client.get("/api/v1/jobs/job/points")
        assert empty.json()["columns"]["number"] == []
        filler.complete(PROBE, 0.6)
        tag = {"If-None-Match": empty.headers["etag"]}
        assert client.get("/api/v1/jobs/job/points", headers=tag).json()["event"] == 1
