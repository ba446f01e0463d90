"""Names and notes of trials over the API."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase

from .records import fill_example
from .sites import client_of, get, open_site

NOTE = "/api/v1/jobs/job/trials/2/note"


@pytest.fixture
def client(new_sqlite: NewDatabase) -> Iterator[TestClient]:
    """Of the application over the example."""
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    with client_of(open_site(url)) as client:
        yield client


def test_a_name_is_shown_found_and_picked_by(client: TestClient) -> None:
    pick = get(client, "pick?pick=trial 2")
    written = client.post(NOTE, json={"name": "in use", "text": "on the <b>phone"}).json()
    assert written["changed"] > 0
    assert get(client, "notes") == {"notes": [written]}
    rows = {x["number"]: (x["name"], x["note"]) for x in get(client, "trials")["trials"]}
    assert rows.pop(2) == ("in use", "on the <b>phone")
    assert set(rows.values()) == {(None, None)}
    assert get(client, "trials/2")["name"] == "in use"
    assert [x["number"] for x in get(client, "trials?text=PHONE")["trials"]] == [2]
    assert get(client, "pick?pick=In Use") == {**pick, "pick": "In Use"}


def test_what_is_left_out_stays(client: TestClient) -> None:
    client.post(NOTE, json={"name": "in use", "text": "on the phone"})
    assert client.post(NOTE, json={"text": ""}).json()["name"] == "in use"
    assert client.post(NOTE, json={"name": ""}).json()["name"] is None
    assert get(client, "notes") == {"notes": []}


@pytest.mark.parametrize(
    "sent", [{"name": "best"}, {"name": "<b>"}, {"text": "x" * 9000}, {"x": 1}]
)
def test_what_cannot_be_kept_is_refused(client: TestClient, sent: dict[str, object]) -> None:
    assert client.post(NOTE, json=sent).status_code == 422
    assert get(client, "notes") == {"notes": []}


def test_a_taken_name_is_a_conflict_and_a_missing_trial_is_not_found(client: TestClient) -> None:
    client.post(NOTE, json={"name": "in use"})
    other = NOTE.replace("/2/", "/1/")
    assert client.post(other, json={"name": "IN USE"}).status_code == 409
    assert client.post(NOTE.replace("/2/", "/99/"), json={"name": "x"}).status_code == 404
