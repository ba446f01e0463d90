"""Progress, parameters, importance, failures, measurements, reports."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from peftsearch.records.estimates import estimate_each
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.service.memory.slow_values import SlowValues
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.waiting import wait_until

from .records import Filler, fill_example
from .sites import client_of, get, open_site


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    """A database with the example, some more trials and a report."""
    url = new_sqlite()
    with Store.open(url) as store:
        filler, rng = fill_example(store), np.random.default_rng(7)
        for _ in range(10):
            filler.random(rng)
        store.save_report(filler.job.id, "confirm", {"metric": "accuracy"})
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    """Of the application over that database."""
    with client_of(open_site(url)) as client:
        yield client


def test_progress_ends_where_the_command_line_is(client: TestClient, url: str) -> None:
    body = get(client, "progress")
    with Store.open(url) as store:
        job = store.find_job("job")
        trials = store.trials(job.id)
    assert body["hypervolume"][-1] == pytest.approx(hypervolume(job.spec, trials))
    assert body["event"] == body["trials"] == list(range(1, 17))
    assert body["seconds"] == sorted(body["seconds"]) and body["seconds"][0] >= 0
    assert body["best"][:3] == [0.60, 0.74, 0.80]


def test_parameters_of_configurations_at_the_means_of_their_seeds(
    client: TestClient, url: str
) -> None:
    body = get(client, "parameters")
    with Store.open(url) as store:
        members = estimate_each(store.trials(store.find_job("job").id))
    assert body["numbers"] == [x.first.number for x in members]
    assert any(len(x.trials) > 1 for x in members)
    completed = [x.values["accuracy"] for x in members]
    assert body["dimensions"][-1]["values"] == pytest.approx(completed)
    assert [x["name"] for x in body["dimensions"][-2:]] == ["trainable_parameters", "accuracy"]
    assert all(len(x["values"]) == len(completed) for x in body["dimensions"])
    kinds = {x["name"]: (x["kind"], x["log"]) for x in body["dimensions"]}
    named = {x["name"]: x["values"] for x in body["dimensions"]}
    probe, *others = named["lowest_layer"]
    assert probe is None and set(others) <= set(range(6)), "the probe adapts no layer"
    assert kinds["techniques"] == ("category", False)
    assert kinds["largest_capacity"] == ("number", True)
    assert "learning_rate" not in kinds  # it never varies here
    assert all(("categories" in x) == (x["kind"] == "category") for x in body["dimensions"])


def test_importance_sums_to_one(client: TestClient) -> None:
    body = get(client, "importance")
    told = f"Not to be trusted from {body['trials']} trials: {body['enough']} would do."
    assert body["warning"].startswith(told)
    assert (body["target"], body["method"], body["event"]) == ("quality", "PED-ANOVA", 16)
    assert sum(x["share"] for x in body["importance"]) == pytest.approx(1)
    other = get(client, "importance?target=trainable_parameters")
    assert [x["name"] for x in other["importance"]] != [x["name"] for x in body["importance"]]


@pytest.mark.parametrize("target", ["acuracy", "", "\0", "x" * 200])
def test_importance_for_an_unknown_target(client: TestClient, target: str) -> None:
    answer = client.get("/api/v1/jobs/job/importance", params={"target": target})
    assert answer.status_code == 422


def test_an_old_value_is_served_while_a_newer_one_is_computed() -> None:
    values, go = SlowValues(), threading.Event()

    def slow() -> bytes:
        go.wait(300)
        return b"new"

    assert values.get("x", 1, lambda: b"old") == b"old"
    assert values.get("x", 2, slow) == b"old"
    assert values.get("x", 2, slow) == b"old"
    go.set()
    wait_until(lambda: values.get("x", 2, slow) == b"new")
    assert values.get("x", 1, lambda: b"older") == b"new"


def test_failures_by_kind(client: TestClient, url: str) -> None:
    body = get(client, "failures")
    assert body["total"] == body["kinds"][0]["count"] >= 2
    assert body["kinds"][0]["kind"] == "out_of_memory"
    numbers = [x["number"] for x in body["kinds"][0]["latest"]]
    assert numbers == sorted(numbers, reverse=True)
    assert body["kinds"][0]["latest"][0]["message"] == "no memory"


def test_measurements_in_pages(client: TestClient) -> None:
    points = get(client, "points")["columns"]
    completed = [n for n, x in zip(points["number"], points["failure"], strict=True) if not x]
    rows: list[Any] = []
    first: int | None = 0
    while first is not None:
        path = f"measurements?name=accuracy&trials=4&first={first}"
        page = get(client, path)
        rows += page["measurements"]
        first = page["next"]
    assert [x["trial"] for x in rows] == sorted(completed)
    one = get(client, "measurements?first=2&trials=1")
    assert {x["trial"] for x in one["measurements"]} == {2}
    assert {x["name"]: x["value"] for x in one["measurements"]}["training_seconds"] == 9.0


@pytest.mark.parametrize(
    "query", ["first=-1", f"first={2**31}", "name=%00", "name=", "trials=0", "trials=x"]
)
def test_wrong_questions_for_measurements(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/jobs/job/measurements?{query}").status_code == 422


def test_reports(client: TestClient) -> None:
    body = get(client, "reports/confirm")
    assert body["reports"] == [{"metric": "accuracy"}]
    assert get(client, "reports/none") == {"reports": []}
    assert client.get("/api/v1/jobs/job/reports/%00").status_code in (404, 422)


def test_reports_of_two_kinds_come_in_the_order_of_their_readings(new_sqlite: NewDatabase) -> None:
    """Those of other test rows are counted from 1 again; nobody entered the readings of old."""
    url = new_sqlite()
    with Store.open(url) as store, client_of(open_site(url)) as client:
        job = Filler.open(store).job
        for kind, reading in [
            ("confirm", {"created": 9.0, "number": 1}),
            ("confirm", None),
            ("confirm-front", {"created": 7.0, "number": 2}),
            ("confirm-front", {"created": 7.0, "number": 1}),
        ]:
            store.save_report(job.id, kind, {"kind": kind, "reading": reading})
        asked = get(client, "reports/confirm?also=confirm-front")["reports"]
        assert [x["reading"] and x["reading"]["number"] for x in asked] == [None, 1, 2, 1]
        assert [x["kind"] for x in asked] == ["confirm", *["confirm-front"] * 2, "confirm"]
        assert len(get(client, "reports/confirm")["reports"]) == 2


def test_a_job_without_results(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    with Store.open(url) as store, client_of(open_site(url)) as client:
        Filler.open(store)
        assert get(client, "progress")["best"] == []
        assert get(client, "importance")["importance"] == []
        assert get(client, "parameters")["numbers"] == []
        assert get(client, "failures") == {"total": 0, "kinds": []}
        assert get(client, "measurements") == {"measurements": [], "next": None}
