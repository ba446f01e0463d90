"""Two jobs beside each other over the API: as the command line tells them."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from peftsearch.storage.store import Store
from tests.cli.calls import call
from tests.conftest import NewDatabase

from .compared import fill_pair
from .sites import client_of, open_site

COMPARE = "/api/v1/compare"


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    """A database with two jobs."""
    url = new_sqlite()
    with Store.open(url) as store:
        fill_pair(store, 0.15)
    return url


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    """Of the application over it."""
    with client_of(open_site(url)) as client:
        yield client


def test_the_service_and_the_command_tell_the_same(
    url: str,
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = client.get(COMPARE, params={"jobs": "one,other"}).json()
    assert told["winner"] == "other"
    assert call(monkeypatch, "compare", "one", "other", "--storage", url, "--json") == 0
    assert json.loads(capsys.readouterr().out) == told


def test_the_command_prints_what_matters(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "compare", "one", "other", "--storage", url) == 0
    text = " ".join(capsys.readouterr().out.split())
    for words in (
        "other leads by 0.1500 accuracy, beyond noise",
        "0.9000 ± 0.0152, trial 2",
        "one box: accuracy from 0.6500 to 1.0000",
        "training.epochs none 3.0",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("jobs", "status"), [("one", 422), ("one,one", 422), ("one,other,one", 422), ("one,none", 404)]
)
def test_anything_but_two_jobs_is_refused(client: TestClient, jobs: str, status: int) -> None:
    assert client.get(COMPARE, params={"jobs": jobs}).status_code == status


def test_a_cost_that_they_lack_is_refused(client: TestClient) -> None:
    asked = {"jobs": "one,other", "cost": "training_seconds"}
    assert client.get(COMPARE, params=asked).json()["cost"] == "training_seconds"
    assert client.get(COMPARE, params=asked | {"cost": "nothing"}).status_code == 422


def test_the_command_refuses_a_job_twice(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, "compare", "one", "one", "--storage", url) == 2
