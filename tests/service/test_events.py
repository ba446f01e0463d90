"""Event streams over a real server: nothing missed, nothing doubled, nothing left behind."""

import json
import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from fastapi import FastAPI

from peftsearch.errors import StoreUnavailable
from peftsearch.records.job import JobState
from peftsearch.service.streams.watcher import Watcher
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.waiting import wait_until

from .live import Message, listen, serve
from .records import PROBE, SPEC, Filler, fill_example, lora
from .sites import open_site


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    """Of a fresh SQLite database."""
    return new_sqlite()


@pytest.fixture
def filler(url: str) -> Iterator[Filler]:
    """The example job, with a store of its own."""
    with Store.open(url) as store:
        yield fill_example(store)


@pytest.fixture
def app(url: str) -> FastAPI:
    """Over that database."""
    return open_site(url)


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """Where the application answers."""
    with serve(app) as (address, _):
        yield address


def watcher_of(app: FastAPI) -> Watcher:
    watcher: Watcher = app.state.service.watcher
    return watcher


def trials(messages: Iterator[Message], count: int) -> list[Message]:
    return list(islice((x for x in messages if x.event == "trial"), count))


def next_of(messages: Iterator[Message], event: str) -> Any:
    return next(x.data for x in messages if x.event == event)


def test_points_and_events_together_are_the_job(address: str, filler: Filler) -> None:
    """Browsers that come at any time, each with its own place, while trials end."""
    total, seen = 30, list[list[int]]()

    def browse() -> None:
        body = httpx.get(f"{address}/api/v1/jobs/job/points", timeout=60).json()
        found = list(body["columns"]["event"])
        with listen(address, f"/jobs/job/events?after={body['event']}") as messages:
            for message in trials(messages, total - body["event"]):
                assert message.id == str(message.data["event"])
                found.append(message.data["event"])
        seen.append(found)

    threads = [threading.Thread(target=browse) for _ in range(8)]
    rng = np.random.default_rng(5)
    for event in range(7, total + 1):
        if event % 3 == 0:
            threads[event // 3 - 3].start()
        assert filler.random(rng) == event
    for thread in threads:
        thread.join()
    assert seen == [list(range(1, total + 1))] * 8


def test_replaying_the_messages_gives_the_front(address: str, filler: Filler) -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        filler.random(rng)
    standing: dict[str, Any] = {}
    with listen(address, "/jobs/job/events?after=0") as messages:
        for message in trials(messages, 26):
            for key in message.data["left"]:
                del standing[key]
            standing |= {x["key"]: x["values"] for x in message.data["entered"]}
            front = filler.store.front(filler.job.id, message.data["event"])
            assert standing == {x.key: x.values for x in front}


def test_the_last_id_counts_more_than_the_query(address: str, filler: Filler) -> None:
    with listen(address, "/jobs/job/events?after=0", **{"Last-Event-ID": "4"}) as messages:
        assert [x.id for x in trials(messages, 2)] == ["5", "6"]


@pytest.mark.parametrize("number", ["", "x", "-1", "7", "99999999999999999999", "1e3", "٣"])
def test_a_number_of_another_database_begins_at_now(
    address: str, filler: Filler, number: str
) -> None:
    with listen(address, f"/jobs/job/events?after={number}") as messages:
        assert next_of(messages, "status")["state"] == "running"
        filler.complete(lora(2), 0.7)
        assert next(messages).id == "7"


def test_status_tells_who_works(address: str, filler: Filler) -> None:
    store, job = filler.store, filler.job
    with listen(address, "/jobs/job/events") as messages:
        first = next_of(messages, "status")
        counts = {"queued": 0, "running": 0, "completed": 5, "failed": 1}
        assert (first["counts"], first["running"], first["pool"]) == (counts, [], None)
        filler.queue(lora(2))
        assert next_of(messages, "status")["counts"]["queued"] == 1
        store.register_worker(job.id, "w", "elsewhere", 1, "cpu")
        assert next_of(messages, "status")["live_workers"] == 1
        assert store.claim(job.id, "w", 600) is not None
        (running,) = next_of(messages, "status")["running"]
        assert (running["number"], running["words"]) == (6, "0-5 lora r2 q+v | rate 1.0e-03")
        store.heartbeat("w", 3, 10)
        (running,) = next_of(messages, "status")["running"]
        assert (running["steps_done"], running["steps_total"]) == (3, 10)
        store.register_worker(job.id, "c", "elsewhere", 2, "cpu", "confirm")
        status = next_of(messages, "status")
        told = {"command": "confirm", "host": "elsewhere", "pid": 2}
        assert (status["commands"], status["live_workers"]) == ([told], 1)
        store.set_state(job.id, JobState.STOPPED)
        assert next_of(messages, "status")["state"] == "stopped"


def test_gone_ends_the_stream(address: str, filler: Filler) -> None:
    with listen(address, "/jobs/job/events") as messages:
        next_of(messages, "status")
        filler.store.delete_job(filler.job.id)
        assert [x.event for x in messages] == ["gone"]


def test_all_jobs(address: str, filler: Filler) -> None:
    with listen(address, "/events") as messages:
        (job,) = next(messages).data["jobs"]
        assert (job["name"], job["state"], job["event"]) == ("job", "running", 6)
        Filler.open(filler.store, SPEC.model_copy(update={"name": "other"}))
        assert [x["name"] for x in next(messages).data["jobs"]] == ["job", "other"]
        filler.complete(PROBE, 0.61)
        assert next(messages).data["jobs"][0]["event"] == 7


def test_who_leaves_is_forgotten(app: FastAPI, address: str, filler: Filler) -> None:
    watcher = watcher_of(app)
    for path in ("/jobs/job/events", "/events"):
        with listen(address, path) as messages:
            next(messages)
            assert watcher.listeners == 1
        wait_until(lambda: watcher.listeners == 0)


def test_streams_outlive_an_absence_of_the_database(
    app: FastAPI, address: str, filler: Filler, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def fail(*arguments: object) -> None:
        asked.set()
        raise StoreUnavailable("the database", "no answer")

    watcher = watcher_of(app)
    with listen(address, "/jobs/job/events") as messages:
        next_of(messages, "status")
        with monkeypatch.context() as patch:
            patch.setattr(watcher, "_read", fail)
            asked.wait(300)
            filler.complete(lora(2), 0.7)
            away = next_of(messages, "database")["problem"]
            assert away["title"] == "The database does not answer"
            assert "no answer" in away["detail"]
        assert next_of(messages, "database")["problem"] is None
        assert next_of(messages, "trial")["event"] == 7
        assert watcher.listeners == 1


def test_streams_end_with_the_server(app: FastAPI, filler: Filler) -> None:
    with serve(app) as (address, server):
        with listen(address, "/jobs/job/events") as messages:
            next(messages)
            server.should_exit = True
            assert [x.event for x in messages] == []
    assert watcher_of(app).listeners == 0


def test_an_unknown_job_is_no_stream(address: str) -> None:
    answer = httpx.get(f"{address}/api/v1/jobs/none/events")
    assert answer.status_code == 404
    assert json.loads(answer.content)["got"] == "'none'"
