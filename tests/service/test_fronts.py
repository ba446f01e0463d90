"""The front now and then, its history, its baselines, and the choice of a point."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from peftsearch.results.search_result import load_result
from peftsearch.results.views import front_json, front_members
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase

from .records import Filler, fill_example, fill_repeated, lora
from .sites import client_of, get, open_site


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    """A database with the example."""
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    """Of the application over that database."""
    with client_of(open_site(url)) as client:
        yield client


def test_the_front_is_the_command_lines(client: TestClient, url: str) -> None:
    body = get(client, "front")
    with Store.open(url) as store:
        job = store.find_job("job")
        members = front_members(store.front(job.id), store.trials(job.id))
    expected = front_json(members, job.spec)
    assert all(x.pop("expected") is None for x in expected)  # a path of its own has them
    assert [x.pop("proposed") for x in expected] == [False, False, True]  # and this
    assert [x.pop("names") for x in expected] == [[]] * 3  # and these
    assert [{k: v for k, v in x.items() if k != "entered"} for x in body["points"]] == expected
    assert [x["entered"] for x in body["points"]] == [1, 4, 3]


def test_the_front_at_past_events(client: TestClient) -> None:
    fronts = [get(client, f"front?event={event}")["points"] for event in range(7)]
    assert [[x["trials"] for x in points] for points in fronts] == [
        [],
        [[0]],
        [[0], [1]],
        [[0], [1], [2]],
        *([[[0], [1, 3], [2]]] * 3),
    ]
    now = get(client, "front")
    assert get(client, "front?event=6") == get(client, f"front?event={10**30}") == now


def test_the_front_of_another_cost_is_of_quality_and_it_alone(client: TestClient) -> None:
    """Trial 2 took longest, and what was not measured has no cost."""
    points = get(client, "front?cost=training_seconds")["points"]
    assert [x["trials"] for x in points] == [[1, 3], [2]]
    assert [x["values"]["training_seconds"] for x in points] == [2.0, 9.0]
    assert [x["entered"] for x in points] == [4, 3]
    before = get(client, "front?cost=training_seconds&event=2")["points"]
    assert [x["trials"] for x in before] == [[1]]
    own = get(client, "front?cost=trainable_parameters")["points"]
    assert [x["key"] for x in own] == [x["key"] for x in get(client, "front")["points"]]
    assert get(client, "front?cost=peak_memory_bytes")["points"] == []
    for wrong in ("accuracy", "nothing"):
        answer = client.get(f"/api/v1/jobs/job/front?cost={wrong}")
        assert (answer.status_code, answer.json()["title"]) == (422, "Wrong input")


def test_baselines(client: TestClient) -> None:
    found = get(client, "front")["baselines"]
    probe, plain = found["probe"], found["lora"]
    assert (probe["value"], probe["cost"], probe["trial"]) == (0.60, 0, 0)
    assert (plain["value"], plain["trial"]) == (0.80, 2)
    assert plain["words"] == "0-5 lora r8 q+v | rate 1.0e-03"


def test_baselines_of_a_past_event(client: TestClient) -> None:
    lines = [get(client, f"front?event={event}")["baselines"] for event in (0, 1, 2)]
    assert lines[0] == {"probe": None, "lora": None}
    assert lines[1]["probe"]["value"] == 0.60 and lines[1]["lora"] is None
    assert lines[2]["lora"]["value"] == 0.74


def test_the_history_replays_the_front(client: TestClient) -> None:
    body = get(client, "front/history")
    for event in range(7):
        standing = {
            x["key"]
            for x in body["entries"]
            if x["entered"] <= event and (x["left"] is None or event < x["left"])
        }
        points = get(client, f"front?event={event}")["points"]
        assert standing == {x["key"] for x in points}
    mine = [x for x in body["entries"] if x["key"] == lora(1).key]
    seeds = [(x["trials"], x["entered"], x["left"]) for x in mine]
    assert seeds == [([1], 2, 4), ([1, 3], 4, None)]
    assert all(x["standard_error"] and x["words"] for x in body["entries"])


@pytest.mark.parametrize(
    ("text", "trial", "row", "fitting"),
    [
        ("knee", 3, 2, 3),
        ("best", 2, 3, 3),
        (" 1 ", 0, 1, 3),
        ("trial 5", 5, None, 1),
        ("trial 1", 1, None, 1),
        ("accuracy where adapter_bytes <= 200 KB", 3, 2, 3),
        ("accuracy where training_seconds < 5 and adapter_bytes > 50 KB", 5, None, 1),
        ("trainable_parameters where accuracy >= 0.8", 2, 3, 1),
    ],
)
def test_picks(client: TestClient, text: str, trial: int, row: int | None, fitting: int) -> None:
    answer = client.get("/api/v1/jobs/job/pick", params={"pick": text})
    body = answer.json()
    assert (body["trial"], body["point"]["row"]) == (trial, row)
    assert (body["fitting"], body["pick"]) == (fitting, text)


def test_a_pick_says_what_its_bound_keeps_out(client: TestClient) -> None:
    text = "accuracy where adapter_bytes <= 200 KB"
    body = client.get("/api/v1/jobs/job/pick", params={"pick": text}).json()
    assert body["why"] == (
        "Highest accuracy, 0.7500, of the 3 configurations with adapter_bytes <= 200 KB; the next "
        "better one, 0.8000 (0-5 lora r8 q+v | rate 1.0e-03), needs adapter_bytes 295 KB."
    )
    assert body["next"]["blocked_by"] == "adapter_bytes <= 200 KB"
    assert body["next"]["values"]["accuracy"] == 0.80


@pytest.mark.parametrize(
    ("text", "status", "part"),
    [
        ("9", 404, "a row of the front, 1 to 3"),
        ("9" * 400, 422, "knee, best"),
        ("trial 4", 404, "a completed trial"),
        ("trial 77", 404, "a completed trial"),
        ("accuracy where adapter_bytes <= -1", 404, "loosen the bounds"),
        ("accuracy where adapter_bytes <= 1e999 \0", 422, "a number, plain or with a unit"),
        ("", 422, "knee, best"),
        ("x" * 501, 422, "query.pick"),
    ],
)
def test_wrong_picks(client: TestClient, text: str, status: int, part: str) -> None:
    answer = client.get("/api/v1/jobs/job/pick", params={"pick": text})
    assert answer.status_code == status
    assert part in answer.json()["detail"]


def test_a_job_without_results(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    with Store.open(url) as store, client_of(open_site(url)) as client:
        Filler.open(store)
        lines = {"probe": None, "lora": None}
        assert get(client, "front") == {
            "event": 0,
            "points": [],
            "baselines": lines,
            "floors": [],
            "warnings": [],
        }
        assert get(client, "front/history") == {"event": 0, "entries": []}
        assert client.get("/api/v1/jobs/job/pick").status_code == 404


def test_what_is_expected_is_the_command_lines(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        result = load_result(store, fill_repeated(store).job, tmp_path)
    rows = {x["key"]: x["expected"] for x in front_json(result.members, result.job.spec)}
    with client_of(open_site(url)) as client:
        body = get(client, "front/expected")
    assert body["event"] == 18
    assert any(rows.values())
    assert {key: body["expected"].get(key) for key in rows} == rows


def test_of_few_trials_nothing_is_expected(client: TestClient) -> None:
    assert get(client, "front/expected") == {"event": 6, "expected": {}}
