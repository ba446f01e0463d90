"""Deletions over HTTP of jobs whose artefacts lie below a URL."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fastapi.testclient import TestClient
from fsspec.implementations.memory import MemoryFileSystem

from peftsearch.records.job import Job, JobState
from peftsearch.service.work import removing
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.job_places import job_place
from peftsearch.workers.artefacts.places import Place
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.waiting import LIMIT, wait_until

from .sites import client_of, open_site

URL = "stuck://bucket/jobs"


class Stuck(MemoryFileSystem):  # type: ignore[misc]  # it has no types
    """Files that go when `let` is set, or not at all."""

    protocol = "stuck"
    asked, let = threading.Event(), threading.Event()
    away = False

    def rm(self, *arguments: Any, **named: Any) -> None:
        Stuck.asked.set()
        assert Stuck.let.wait(LIMIT)
        if Stuck.away:
            raise ConnectionError("the network is down")
        super().rm(*arguments, **named)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Stuck]]:
    fsspec.register_implementation("stuck", Stuck, clobber=True)
    monkeypatch.setattr(Stuck, "asked", threading.Event())
    monkeypatch.setattr(Stuck, "let", threading.Event())
    monkeypatch.setattr(Stuck, "away", False)
    yield Stuck
    Stuck.let.set()


@pytest.fixture
def client(new_sqlite: NewDatabase) -> Iterator[TestClient]:
    with client_of(open_site(new_sqlite())) as client:
        yield client


def make_job(client: TestClient) -> tuple[Job, Place]:
    """A stopped job with an object; where its objects are."""
    with Store.open(client.app.state.service.settings.storage) as store:  # type: ignore[attr-defined]
        job = store.create_job(make_spec("tickets").storing_in(URL))
        store.set_state(job.id, JobState.STOPPED)
    place = job_place(URL, job)
    place.under("adapters").under("000000-1").put(Path(__file__))
    return job, place


def test_who_deletes_does_not_wait_for_a_store_that_is_slow(
    client: TestClient, stuck: type[Stuck], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "PATIENCE_SECONDS", 0.01)
    _, place = make_job(client)
    assert client.delete("/api/v1/jobs/tickets").status_code == 204
    assert client.get("/api/v1/jobs/tickets").status_code == 404
    assert stuck.asked.wait(LIMIT) and place.names() != []
    root = client.app.state.service.settings.root  # type: ignore[attr-defined]
    assert list(root.rglob("*.json")) != []
    stuck.let.set()
    wait_until(lambda: not root.is_dir() or list(root.rglob("*.json")) == [])
    assert place.names() == []


def test_a_store_that_is_away_is_told_and_asked_again(
    client: TestClient, stuck: type[Stuck], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, place = make_job(client)
    stuck.let.set()
    monkeypatch.setattr(stuck, "away", True)
    answer = client.delete("/api/v1/jobs/tickets")
    assert answer.status_code == 422
    assert "delete it again later, or remove stuck://bucket/jobs" in answer.json()["detail"]
    monkeypatch.setattr(stuck, "away", False)
    assert place.names() != []
    assert client.delete("/api/v1/jobs/tickets").status_code == 204
    assert place.names() == []
    assert client.delete("/api/v1/jobs/tickets").status_code == 404
