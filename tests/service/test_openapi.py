"""The published document: every answer is declared, once, and described for people."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from peftsearch.insight.trial_table import table_row
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase

from .records import fill_example
from .sites import client_of, get, open_site


@pytest.fixture
def client(new_sqlite: NewDatabase) -> Iterator[TestClient]:
    """Of an application with the example."""
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    with client_of(open_site(url)) as client:
        yield client


@pytest.fixture
def document(client: TestClient) -> Any:
    """As it is published."""
    return client.get("/api/v1/openapi.json").json()


def test_every_answer_says_what_it_holds(document: Any) -> None:
    bare = [
        (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for status, answer in operation["responses"].items()
        if not any(answer.get("content", {}).values()) and status != "204"
    ]
    assert bare == []


def test_all_that_is_referred_to_is_there(document: Any) -> None:
    text = json.dumps(document)
    referred = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred == document["components"]["schemas"].keys()
    assert {"Problem", "Mistake", "TrialRow"} <= referred


def test_attributes_are_described_where_they_stand(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert not [name for name, x in schemas.items() if "Attributes:" in x.get("description", "")]
    assert schemas["TrialRow"]["description"] == "A trial as tables show it."
    cost = schemas["TrialRow"]["properties"]["cost"]
    assert cost["description"] == "Exact, also of a failed trial."


def test_a_key_that_is_not_declared_is_noticed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert get(client, "trials")["total"] == 6
    longer = "peftsearch.service.routes.trial_routes.table_row"
    monkeypatch.setattr(longer, lambda *x: {**table_row(*x), "more": 1})
    with pytest.raises(AssertionError):
        get(client, "trials")
