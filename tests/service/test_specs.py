"""Job files as text over the API."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import NewDatabase

from .sites import client_of, open_site

TOML = """
name = "mine"
[model]
path = "demo:model"
[task]
train = "demo:data"
[budget]
trials = 3
"""
PIECES = [
    *'a = 1|[a]|[[a]]|[a.b]|a.b = "x"|a = [1, [2.0]]|a = {b = 1}|a = inf|a = 2020-01-01'.split(
        "|"
    ),
    *'a = 07:00|a = "\\u0000"|trust_remote_code = true|"" = 1|{|}|{"a": NaN}|"""|\0|= é'.split(
        "|"
    ),
    '{"a": "\\ud800"}',
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=5).map("\n".join)


@pytest.fixture(scope="module")
def client(new_sqlite: NewDatabase) -> Iterator[TestClient]:
    with client_of(open_site(new_sqlite())) as client:
        yield client


def parse(client: TestClient, text: str) -> tuple[int, Any]:
    answer = client.post("/api/v1/specs/parse", json={"text": text})
    return answer.status_code, answer.json()


def test_a_job_file_becomes_a_spec(client: TestClient) -> None:
    status, body = parse(client, TOML)
    assert (status, body["mistakes"]) == (200, [])
    assert body["spec"]["budget"] == {"trials": 3}


def test_minutes_reach_a_form_as_hours(client: TestClient) -> None:
    """A form has no field of theirs, left them out, and launched a job without a limit."""
    status, body = parse(client, TOML + "minutes = 90\n")
    assert (status, body["mistakes"]) == (200, [])
    assert body["spec"]["budget"] == {"trials": 3, "hours": 1.5}
    _, body = parse(client, TOML + 'minutes = "long"\n')
    assert body["spec"]["budget"] == {"trials": 3, "minutes": "long"}
    assert [x["where"] for x in body["mistakes"]] == ["budget.minutes"]


def test_mistakes_of_the_spec_are_told_and_lose_nothing(client: TestClient) -> None:
    status, body = parse(client, TOML + "hours = -1\nname = 3\n[tusk]\n")
    assert status == 200
    assert body["spec"]["budget"] == {"trials": 3, "hours": -1, "name": 3}
    wrong = {mistake["where"] for mistake in body["mistakes"]}
    assert wrong == {"tusk", "budget.name", "budget.hours"}


def test_text_that_cannot_be_read_names_its_line(client: TestClient) -> None:
    status, body = parse(client, TOML + "hours = ")
    assert status == 422
    (mistake,) = body["mistakes"]
    assert mistake["where"] == "line 9"
    assert mistake["got"] == "invalid value"


@pytest.mark.parametrize(
    "line", ["trust_remote_code = true", "seed = nan", "seed = 2020-01-01", "a.b = 07:00"]
)
def test_a_job_file_passes_the_same_guard_as_a_spec(client: TestClient, line: str) -> None:
    status, body = parse(client, line)
    assert (status, body["status"]) == (422, 422)


def test_a_spec_becomes_a_job_file(client: TestClient) -> None:
    spec = {"name": "mine", "space": {"boundaries": [[0.5, 1.0]], "preset": None}}
    body = client.post("/api/v1/specs/render", json={"spec": spec}).json()
    assert body["text"] == 'name = "mine"\n\n[space]\nboundaries = [[0.5, 1.0]]\n'
    hole = client.post("/api/v1/specs/render", json={"spec": {"rates": [None, 1]}})
    assert hole.status_code == 422


@given(text=TEXTS)
@settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_text_makes_the_service_fail(client: TestClient, text: str) -> None:
    status, body = parse(client, text)
    assert status in (200, 422)
    if status == 200:
        again = client.post("/api/v1/specs/render", json={"spec": body["spec"]})
        assert parse(client, again.json()["text"] + "\n#")[1]["spec"] == body["spec"]
