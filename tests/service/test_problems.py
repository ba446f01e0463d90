"""Errors as problem details: status, parts, and nothing of the inside."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from peftsearch.errors import (
    Conflict,
    DatabaseAway,
    NotFoundError,
    PeftsearchError,
    StaleLeaseError,
    StoreUnavailable,
    UserError,
)
from peftsearch.service import error_handlers
from peftsearch.service.problems import MEDIA_TYPE

ERRORS = {
    "user": UserError("a", "b", "c"),
    "missing": NotFoundError("a", "b", "c"),
    "conflict": Conflict("a", "b", "c"),
    "closed": DatabaseAway("a", "b", "c"),
    "down": StoreUnavailable("postgresql://***@host/x", "connection refused"),
    "stale": StaleLeaseError("claimed again"),
    "other": PeftsearchError("something"),
}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = FastAPI()
    error_handlers.register(app)

    @app.get("/raise/{name}")
    def throw(name: str, number: int = 0) -> None:
        raise ERRORS[name]

    with TestClient(app) as client:
        yield client


def test_what_is_no_number_is_told_in_our_words(client: TestClient) -> None:
    (mistake,) = client.get("/raise/user?number=many").json()["mistakes"]
    assert (mistake["expected"], mistake["got"]) == ("a whole number", "'many'")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("user", 422),
        ("missing", 404),
        ("conflict", 409),
        ("closed", 503),
        ("down", 503),
        ("stale", 409),
        ("other", 500),
    ],
)
def test_each_error_has_its_status(client: TestClient, name: str, status: int) -> None:
    answer = client.get(f"/raise/{name}")
    body = answer.json()
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert (answer.status_code, body["status"]) == (status, status)
    assert {"type", "title", "detail"} <= body.keys()
    assert body["detail"] == str(ERRORS[name])


@pytest.mark.parametrize("name", ["user", "missing", "conflict"])
def test_a_mistake_says_what_to_do(client: TestClient, name: str) -> None:
    body = client.get(f"/raise/{name}").json()
    assert (body["expected"], body["got"], body["hint"]) == ("a", "b", "c")


def test_a_wrong_parameter_is_a_mistake_with_its_place(client: TestClient) -> None:
    body = client.get("/raise/user", params={"number": "x" * 1000}).json()
    (mistake,) = body["mistakes"]
    assert mistake["where"] == "query.number"
    assert len(mistake["got"]) <= 200
    assert body["status"] == 422


def test_errors_of_the_framework_are_problems_too(client: TestClient) -> None:
    missing, wrong = client.get("/nothing"), client.put("/raise/user")
    assert missing.headers["content-type"] == wrong.headers["content-type"] == MEDIA_TYPE
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert wrong.headers["allow"] == "GET"
