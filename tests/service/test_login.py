"""Logging in and out, and where that leads."""

from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import example, given
from hypothesis import strategies as st

from peftsearch.service.credentials import COOKIE
from peftsearch.service.guard.sessions import local_path

from .sites import TOKEN, client_of, log_in


def test_logout_forgets_the_session(client: TestClient) -> None:
    csrf = log_in(client)
    assert client.post("/logout", json={}, headers=csrf).status_code == 204
    assert COOKIE not in client.cookies
    assert client.get("/api/v1/jobs").status_code == 401


def test_the_cookie_is_for_this_site_alone_and_not_the_token(client: TestClient) -> None:
    answer = client.post("/login", json={"token": TOKEN, "next": "/jobs/x"})
    assert answer.json() == {"next": "/jobs/x"}
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert TOKEN not in cookie


def test_the_cookie_is_secure_where_the_connection_is(locked: FastAPI) -> None:
    with client_of(locked, "https://127.0.0.1:8321") as client:
        answer = client.post("/login", data={"token": TOKEN})
        assert "Secure" in answer.headers["set-cookie"].split("; ")


def test_a_proxys_word_about_https_is_not_taken(client: TestClient) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    answer = client.post("/login", data={"token": TOKEN}, headers=headers)
    assert "Secure" not in answer.headers["set-cookie"]


def test_a_wrong_login_shows_the_page_again(client: TestClient) -> None:
    answer = client.post("/login", data={"token": "wrong", "next": "/workers"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert 'value="/workers"' in answer.text
    assert client.post("/login", json={"token": "wrong"}).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"token": 1}', b"{", b"\xff\xfe"])
def test_a_login_of_nonsense_is_a_wrong_one(client: TestClient, body: bytes) -> None:
    for content in ("application/json", "application/x-www-form-urlencoded"):
        answer = client.post("/login", content=body, headers={"Content-Type": content})
        assert answer.status_code == 401


@given(st.text() | st.text("/\\.:@a\t\n", max_size=8).map("/".__add__))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https://evil.example")
@example("javascript:alert(1)")
def test_login_leads_to_this_site_alone(wanted: str) -> None:
    path = local_path(wanted)
    parts = urlsplit(path)
    assert path.startswith("/") and not path.startswith("//")
    assert (parts.scheme, parts.netloc) == ("", "")
    assert "\\" not in path and path.isprintable()
    assert local_path(path) == path


@pytest.mark.parametrize("wanted", ["//evil.example/x", "https://evil.example", "/\\evil.example"])
def test_login_redirects_nowhere_else(client: TestClient, wanted: str) -> None:
    answer = client.post("/login", data={"token": TOKEN, "next": wanted})
    assert answer.headers["location"] == "/"
    assert 'name="next" value="/"' in client.get("/login", params={"next": wanted}).text


def test_login_leads_back_to_the_page_that_was_wanted(client: TestClient) -> None:
    sent = client.get("/jobs/demo/compare?trials=3,17")
    page = client.get(sent.headers["location"])
    assert 'value="/jobs/demo/compare?trials=3,17"' in page.text
    done = client.post("/login", data={"token": TOKEN, "next": "/jobs/demo/compare?trials=3,17"})
    assert done.headers["location"] == "/jobs/demo/compare?trials=3,17"


def test_an_address_with_the_token_begins_a_session(client: TestClient) -> None:
    """As the dashboard prints it; the token does not stay in the address."""
    answer = client.get("/jobs/none/compare", params={"trials": "3", "token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs/none/compare?trials=3")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert TOKEN not in str(answer.headers) and TOKEN not in answer.text
    assert client.get("/api/v1/jobs").status_code == 200
    assert client.get("/").status_code == 200


def test_an_address_with_a_wrong_token_leads_to_the_login_page(client: TestClient) -> None:
    answer = client.get("/workers?token=wrong&x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fworkers%3Fx%3D1"
    assert "set-cookie" not in answer.headers


def test_the_api_takes_no_token_in_an_address(client: TestClient) -> None:
    """Addresses stand in logs and histories; a program has headers."""
    assert client.get("/api/v1/jobs", params={"token": TOKEN}).status_code == 401
    assert client.post("/logout", params={"token": TOKEN}, json={}).status_code == 401


def test_an_address_with_the_token_leads_nowhere_else(client: TestClient) -> None:
    answer = client.get(f"{client.base_url}//evil.example/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_an_old_address_harms_no_session(client: TestClient) -> None:
    log_in(client)
    assert client.get("/?token=of-another-start").status_code == 200
    assert client.get("/api/v1/jobs").status_code == 200
