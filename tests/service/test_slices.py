"""Slices over HTTP are those of a result in Python."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase

from .records import fill_example, fill_repeated
from .sites import client_of, get, open_site


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_repeated(store)
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    with client_of(open_site(url)) as client:
        yield client


@pytest.fixture(scope="module")
def result(url: str) -> SearchResult:
    with Store.open(url) as store:
        return load_result(store, store.find_job("job"), Path())


@pytest.mark.parametrize("pick", ["best", "knee", "trial 9"])
def test_slices_are_those_of_the_result(
    client: TestClient, result: SearchResult, pick: str
) -> None:
    assert get(client, f"slices?pick={pick}") == {"event": 18, "found": result.slices(pick)}


def test_a_pair_is_that_of_the_result(client: TestClient, result: SearchResult) -> None:
    body = get(client, "slices/pair?x=rate&y=roles2&pick=knee")
    assert body == {"event": 18, "found": result.pair("rate", "roles2", "knee")}


def test_the_predicted_front_is_that_of_the_result(
    client: TestClient, result: SearchResult
) -> None:
    assert result.predicted_front
    body = get(client, "front/predicted")
    assert body == {"event": 18, "points": result.predicted_front}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("slices?pick=worst", 422),
        ("slices?pick=trial 99", 404),
        ("slices/pair?x=rate&y=rate", 422),
        ("slices/pair?x=rate", 422),
        ("slices/pair?x=rate&y=" + "r" * 200, 422),
    ],
)
def test_wrong_questions_are_told(client: TestClient, query: str, status: int) -> None:
    assert client.get(f"/api/v1/jobs/job/{query}").status_code == status


def test_of_few_trials_nothing_is_said(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    with client_of(open_site(url)) as client:
        assert get(client, "slices") == {"event": 6, "found": None}
        assert get(client, "front/predicted") == {"event": 6, "points": None}
