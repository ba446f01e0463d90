"""Who may call: the token, the session's cookie, and what neither opens."""

import asyncio

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from peftsearch.service.credentials import COOKIE, Credentials, same
from peftsearch.service.guard.body_limit import FILES
from peftsearch.service.guard.throttle import MOST_FAILURES, Throttle

from .sites import BEARER, STOP, TOKEN, endpoints, log_in

OPEN = {
    "/login",
    "/api/v1/health",
    "/favicon.ico",
    "/static/lib/api.js",
    "/static/plotly-0.min.js",
}


def test_every_route_but_the_open_ones_wants_the_token(
    locked: FastAPI, client: TestClient
) -> None:
    found = endpoints(locked)
    assert len(found) > 30
    for method, path in found:
        kind = "application/octet-stream" if path.startswith(FILES) else "application/json"
        answer = client.request(method, path, headers={"Content-Type": kind})
        if path in OPEN:
            assert answer.status_code != 401 or (method, path) == ("POST", "/login")
        elif path.startswith("/api/") or method not in ("GET", "HEAD"):
            assert (answer.status_code, method, path) == (401, method, path)
        else:
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login?next=")


def test_paths_that_no_route_has_want_the_token_too(client: TestClient) -> None:
    assert client.get("/api/v1/nothing").status_code == 401
    assert client.get("/api/v1/jobs/%2e%2e/x").status_code == 401
    assert client.get("/static/../api/v1/jobs").status_code == 401
    assert client.get("/static/%2e%2e/%2e%2e/pages.py").status_code == 404


@pytest.mark.parametrize(
    "shown",
    [
        b"Bearer wrong-horse-battery-staple",
        b"Bearer short",
        b"Bearer " + TOKEN.encode() + b"x",
        b"Bearer " + TOKEN[:-1].encode(),
        b"Bearer \xff\xfe\xe9",
        b"Bearer ",
        b"Basic " + TOKEN.encode(),
        TOKEN.encode(),
    ],
)
def test_a_wrong_token_is_refused(client: TestClient, shown: bytes) -> None:
    answer = client.get("/api/v1/jobs", headers={b"Authorization": shown})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_opens(client: TestClient, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {TOKEN}"}
    assert client.get("/api/v1/jobs", headers=headers).status_code == 200


@pytest.mark.parametrize("value", ["", "x", TOKEN, "0" * 64, "é", '"'])
def test_a_forged_cookie_is_refused_and_dropped(client: TestClient, value: str) -> None:
    answer = client.get("/api/v1/jobs", headers={b"Cookie": f"{COOKIE}={value}".encode()})
    assert answer.status_code == 401
    assert answer.headers["set-cookie"].startswith(f'{COOKIE}=""; ')
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_a_session_reads_and_writes_with_its_csrf_value(client: TestClient) -> None:
    csrf = log_in(client)
    assert client.get("/api/v1/jobs").status_code == 200
    assert client.post(STOP, json={}, headers=csrf).status_code == 404
    assert client.delete("/api/v1/jobs/none", headers=csrf).status_code == 404


@pytest.mark.parametrize("csrf", [None, "", "0" * 64, "\xe9"])
def test_a_session_without_the_csrf_value_writes_nothing(
    client: TestClient, csrf: str | None
) -> None:
    log_in(client)
    headers = {} if csrf is None else {b"X-CSRF-Token": csrf.encode("latin-1")}
    assert client.post(STOP, json={}, headers=headers).status_code == 403
    assert client.delete("/api/v1/jobs/none", headers=headers).status_code == 403
    assert client.post("/logout", json={}, headers=headers).status_code == 403


def test_a_wrong_bearer_is_not_saved_by_a_session(client: TestClient) -> None:
    log_in(client)
    answer = client.get("/api/v1/jobs", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


def test_cookies_of_other_programs_do_no_harm(client: TestClient) -> None:
    log_in(client)
    session = client.cookies[COOKIE]
    client.cookies.clear()
    for junk in ('{"a": 1}', "x=[1,2]; =; ;", '_xsrf="2|\\054"; a b=c'):
        cookie = {"Cookie": f"{junk}; {COOKIE}={session}"}
        assert client.get("/api/v1/jobs", headers=cookie).status_code == 200


_NAMES = st.sampled_from(["Authorization", "Cookie", "Origin", "Host", "Content-Length", "Accept"])
_VALUES = st.binary(max_size=30) | st.sampled_from([b"Bearer \xff", COOKIE.encode() + b'="\\'])


@given(st.dictionaries(_NAMES, _VALUES, min_size=1), st.sampled_from(["/", STOP, "/login"]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_header_opens_or_breaks_anything(
    client: TestClient, headers: dict[str, bytes], path: str
) -> None:
    method = "POST" if path == STOP else "GET"
    given_names = {name.encode(): value for name, value in headers.items()}
    answer = client.request(method, path, headers=given_names)
    allowed = {200} if path == "/login" else set()
    assert answer.status_code in allowed | {303, 401, 403, 413, 415, 421, 429}


def test_too_many_wrong_tokens_slow_those_alone(client: TestClient) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    for _ in range(MOST_FAILURES):
        assert client.get("/api/v1/jobs", headers=wrong).status_code == 401
    answer = client.get("/api/v1/jobs", headers=wrong)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert client.post("/login", data={"token": "wrong"}).status_code == 429
    assert client.get("/api/v1/jobs", headers=BEARER).status_code == 200
    log_in(client)
    assert client.get("/api/v1/jobs").status_code == 200


def test_wrong_tokens_are_answered_later_and_later(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("peftsearch.service.guard.throttle.asyncio.sleep", note)
    throttle = Throttle()

    def try_from(host: str) -> bool:
        return asyncio.run(throttle.note_failure({"client": (host, 1)}))

    told = [try_from("127.0.0.1") for _ in range(MOST_FAILURES + 1)]
    assert told == [False] * MOST_FAILURES + [True]
    assert waits[-1] > waits[-2] == waits[0] > 0
    assert not try_from("127.0.0.2")


@given(st.text(), st.text())
@example("ä", "ä")
@example("\udcff", "\udcff")
def test_texts_are_the_same_or_not(one: str, other: str) -> None:
    if any("\ud800" <= c <= "\udfff" and not "\udc80" <= c <= "\udcff" for c in one + other):
        return
    assert same(one, other) == (one == other)


@given(st.text(min_size=16), st.text(min_size=16))
def test_sessions_differ_between_tokens(one: str, other: str) -> None:
    first, second = Credentials("a" + one.encode().hex()), Credentials("b" + other.encode().hex())
    assert len({first.session, second.session, first.csrf, second.csrf}) == 4
