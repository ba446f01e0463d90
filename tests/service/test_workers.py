"""Who works on what."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from peftsearch.records.job import JobState
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Proposal
from peftsearch.records.worker import Worker
from peftsearch.service.work.supervisor import Supervisor
from peftsearch.storage.store import Store
from peftsearch.workers.processes.liveness import count_live, is_live
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage import examples
from tests.waiting import wait_until

from .launches import add_job, configuration
from .pools import SHORT, SLEEP
from .sites import client_of, open_site


@pytest.fixture
def site(new_sqlite: NewDatabase) -> FastAPI:
    return open_site(new_sqlite())


@pytest.fixture
def client(site: FastAPI) -> Iterator[TestClient]:
    with client_of(site) as client:
        yield client


@pytest.fixture
def store(site: FastAPI) -> Iterator[Store]:
    with Store.open(site.state.service.settings.storage) as store:
        yield store


def worker(host: str, pid: int, silent: float = 1.0) -> Worker:
    return Worker("w", 1, host, pid, "cpu", silent)


def test_worker_lives_while_it_is_heard_of_and_its_process_is_there() -> None:
    ended = subprocess.Popen([sys.executable, "-S", "-c", "pass"])
    ended.wait()
    here = socket.gethostname()
    assert is_live(worker(here, os.getpid()))
    assert not is_live(worker(here, os.getpid(), silent=61))
    assert not is_live(worker(here, ended.pid))
    assert is_live(worker("elsewhere", ended.pid))
    assert is_live(worker(here, 1))
    assert not is_live(worker(here, 10**30))
    assert count_live([worker(here, os.getpid()), worker(here, ended.pid)]) == {1: 1}


def test_worker_that_ended_is_dead_before_anybody_has_waited_for_it() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", "pass"]) as ended:
        wait_until(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE)
        assert not is_live(worker(socket.gethostname(), ended.pid))


def test_no_workers(client: TestClient) -> None:
    assert client.get("/api/v1/workers").json() == {"workers": [], "pools": [], "programs": []}


def test_a_pool_whose_workers_load_says_how_many(
    site: FastAPI, client: TestClient, store: Store
) -> None:
    job = store.create_job(make_spec("job"))
    service = site.state.service
    program = (sys.executable, "-S", "-c", SLEEP)
    supervisor = Supervisor(service.settings, lambda name: True, program, SHORT)
    site.state.service = replace(service, supervisor=supervisor)

    def loading() -> list[tuple[str, int, int]]:
        pages = [
            client.get(f"/api/v1{x}").json()["pools"] for x in ("/workers", "/jobs/job/workers")
        ]
        assert pages[0] == pages[1]
        return [(x["state"], x["workers"], x["loading"]) for x in pages[0]]

    with contextlib.closing(supervisor), supervisor.place("job") as begin:
        begin(job.uid, 2, "cpu")
        assert loading() == [("running", 2, 2)]
        store.register_worker(job.id, "beside", "elsewhere", 7, "cpu", "confirm")
        store.register_worker(job.id, "one", "elsewhere", 7, "cpu")
        assert loading() == [("running", 2, 1)]
        store.set_state(job.id, JobState.STOPPED)
        assert loading() == [("stopping", 2, 0)]


def test_worker_and_what_it_trains(client: TestClient, store: Store) -> None:
    job, other = add_job(store, "job", [0.5]), add_job(store, "other", [])
    for name, target in (("busy", job), ("idle", job), ("stranger", other)):
        store.register_worker(target.id, name, "elsewhere", 7, "cuda:0")
    examples.insert(store, job.id, [Proposal(configuration(3), 0, "search")])
    examples.claim(store, job.id, "busy", 30.0)
    store.heartbeat("busy", 5, 20)
    found = client.get("/api/v1/jobs/job/workers").json()
    assert found["pools"] == []
    busy, idle = found["workers"]
    assert (busy["name"], busy["host"], busy["pid"], busy["device"]) == (
        *("busy", "elsewhere", 7),
        "cuda:0",
    )
    assert (busy["job"], busy["live"], idle["live"], idle["trial"]) == ("job", True, True, None)
    trial = busy["trial"]
    assert (trial["number"], trial["attempt"]) == (1, 1)
    assert trial["words"].startswith("0-5 lora r3 q+v")
    assert (trial["steps_done"], trial["steps_total"]) == (5, 20)
    assert 0 <= trial["seconds"] < 60
    assert 0 < trial["lease_seconds"] <= 30
    everywhere = client.get("/api/v1/workers").json()["workers"]
    assert [(x["name"], x["job"]) for x in everywhere] == [
        ("busy", "job"),
        ("idle", "job"),
        ("stranger", "other"),
    ]


def doings(client: TestClient) -> dict[str, str | None]:
    """What each worker does, by name."""
    found = client.get("/api/v1/workers").json()["workers"]
    return {x["name"]: x["doing"] for x in found}


def test_what_a_worker_without_a_trial_does_is_told(client: TestClient, store: Store) -> None:
    job = store.create_job(make_spec("job"))
    for name in ("one", "two"):
        store.register_worker(job.id, name, "elsewhere", 7, "cpu")
    token = store.take_suggestion_lease(job.id, "one", 60.0)
    assert token is not None
    assert doings(client) == {
        "one": "prepares: measures what needs no adapter",
        "two": "waits for the preparation",
    }
    store.heartbeat("one", 3, 1270)
    assert doings(client)["one"] == "prepares: measures what needs no adapter, step 3 of 1,270"
    store.heartbeat("one", 4, 0)
    assert doings(client)["one"] == "prepares: measures what needs no adapter, step 4"
    store.heartbeat("one")
    store.prepare(job.id, Preparation())
    assert doings(client) == {"one": "chooses configurations", "two": "waits for a trial"}
    store.release_suggestion_lease(job.id, token)
    store.register_worker(job.id, "two", "elsewhere", 7, "cpu", "confirm")
    assert doings(client) == {"one": "waits for a trial", "two": "runs confirm"}
    store.set_state(job.id, JobState.STOPPED)
    assert doings(client)["one"] == "leaves, for its job has ended"
    found = client.get("/api/v1/jobs/job/workers").json()["workers"]
    assert [(x["name"], x["command"]) for x in found] == [("one", None), ("two", "confirm")]


def test_silent_worker_is_shown_with_its_lost_trial(client: TestClient, store: Store) -> None:
    job = add_job(store, "job", [])
    store.register_worker(job.id, "w", "elsewhere", 7, "cpu")
    examples.insert(store, job.id, [Proposal(configuration(1), 0, "search")])
    examples.claim(store, job.id, "w", examples.EXPIRED)
    time.sleep(0.01)
    (found,) = client.get("/api/v1/workers").json()["workers"]
    assert found["trial"]["lease_seconds"] < 0
    assert found["trial"]["steps_done"] is None
