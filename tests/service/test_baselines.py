"""A job beside its baselines, as the service tells it."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase

from .beside import fill_ablation, fill_baselines, fill_searched
from .sites import client_of, open_site


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    return new_sqlite()


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    with client_of(open_site(url)) as client:
        yield client


def test_without_any_the_command_is_told(url: str, client: TestClient) -> None:
    with Store.open(url) as store:
        fill_searched(store)
    body = client.get("/api/v1/jobs/job/baselines").json()
    assert body["parent"] is None and body["ablation"] is None
    assert body["baselines"]["trained"] is False
    assert body["baselines"]["command"] == "peftsearch baselines job"
    assert client.get("/api/v1/jobs/none/baselines").status_code == 404


def test_the_sentence_the_numbers_and_the_ablation(url: str, client: TestClient) -> None:
    with Store.open(url) as store:
        fill_ablation(store, fill_baselines(store))
    body = client.get("/api/v1/jobs/job/baselines").json()
    assert "the search ties with it" in body["baselines"]["sentence"]
    names = {x["name"]: x for x in body["baselines"]["baselines"]}
    assert names["rank 8 on all linears"]["values"]["accuracy"] == 0.79
    assert names["full fine-tuning of all layers"]["failure"] == "no memory"
    assert [x["effect"] for x in body["ablation"]["rows"]] == ["worse", "none"]
    beside = client.get("/api/v1/jobs/job.baselines/baselines").json()
    assert beside["parent"] == "job"
