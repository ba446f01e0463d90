"""The headers of every answer, whatever made it, and limits of requests."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from peftsearch.service.guard.headers import HEADERS

from .sites import BEARER, STOP


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/nothing", 404),
        ("GET", "/login", 200),
        ("HEAD", "/", 200),
        ("GET", "/api/v1/health", 200),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/jobs/none", 404),
        ("GET", "/api/v1/jobs?limit=x", 422),
        ("GET", "/api/v1/openapi.json", 200),
        ("PUT", "/api/v1/jobs", 405),
        ("OPTIONS", "/api/v1/jobs", 405),
        ("POST", STOP, 404),
        ("GET", "/static/lib/api.js", 200),
        ("GET", "/static/nothing.js", 404),
    ],
)
def test_every_answer_has_the_headers(
    client: TestClient, method: str, path: str, status: int
) -> None:
    json = {"Content-Type": "application/json"}
    answer = client.request(method, path, headers=BEARER | json)
    assert answer.status_code == status
    for name, value in HEADERS.items():
        if name == "Cache-Control" and path == "/static/lib/api.js":
            assert answer.headers[name] == "no-cache"
        elif name == "Referrer-Policy" and path == "/login":
            assert answer.headers[name] == "same-origin"
        else:
            assert answer.headers[name] == value
    assert "access-control-allow-origin" not in answer.headers
    assert ("allow" in answer.headers) == (status == 405)


def test_refusals_have_the_headers_too(client: TestClient) -> None:
    refusals = [
        client.get("/api/v1/jobs", headers={"Host": "evil.example"}),
        client.get("/api/v1/jobs"),
        client.get("/"),
        client.post(STOP, json={}, headers={"Origin": "null"}),
        client.post(STOP, content=b"x", headers=BEARER),
        client.post(STOP, content=b"x" * 1_000_001, headers=BEARER),
    ]
    assert [x.status_code for x in refusals] == [421, 401, 303, 403, 415, 413]
    for answer in refusals:
        assert all(answer.headers[name] == value for name, value in HEADERS.items())


def test_a_defect_is_a_problem_with_headers(
    locked: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("secret of the inside")

    locked.add_api_route("/api/v1/broken", broken)
    answer = client.get("/api/v1/broken", headers=BEARER)
    locked.router.routes.pop()
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "secret" not in answer.text
    assert "secret of the inside" in caplog.text


def test_web_sockets_are_closed(free: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), free.websocket_connect("/api/v1/events"):
        pass


@pytest.mark.parametrize("path", ["/api/v1/check", "/login"])
def test_a_body_has_a_limit(client: TestClient, path: str) -> None:
    headers = BEARER | {"Content-Type": "application/json"}
    big = b"[" + b"1," * 500_000 + b"1]"
    answers = [
        client.post(path, content=big, headers=headers),
        client.post(
            path, content=(big[i : i + 999] for i in range(0, len(big), 999)), headers=headers
        ),
    ]
    for answer in answers:
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
