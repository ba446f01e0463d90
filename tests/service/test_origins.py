"""From where one may call: names of the service, and origins of writes."""

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.service.guard.hosts import expected_names, split_host
from tests.conftest import NewDatabase

from .sites import BASE, BEARER, STOP, TOKEN, client_of, log_in, open_site


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": BASE}, False),
        ({"Origin": BASE}, True),
        ({"Origin": "http://127.0.0.1:9999"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://[half"}, False),
        ({}, True),
    ],
)
def test_pages_of_others_write_nothing(
    client: TestClient, free: TestClient, headers: dict[str, str], passes: bool
) -> None:
    csrf = log_in(client)
    wanted = 404 if passes else 403
    assert client.post(STOP, json={}, headers=headers | csrf).status_code == wanted
    assert client.delete("/api/v1/jobs/none", headers=headers | csrf).status_code == wanted
    assert free.post(STOP, json={}, headers=headers).status_code == wanted
    login = client.post("/login", data={"token": TOKEN}, headers=headers)
    assert login.status_code == (303 if passes else 403)
    assert client.get("/api/v1/jobs", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "content", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_writes_are_json(free: TestClient, content: str) -> None:
    answer = free.post(STOP, content=b"{}", headers={"Content-Type": content} if content else {})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["expected"]


@pytest.mark.parametrize(
    ("host", "passes"),
    [
        ("127.0.0.1:8321", True),
        ("localhost:8321", True),
        ("LOCALHOST:8321", True),
        ("localhost:9000", True),
        ("localhost", True),
        ("[::1]:8321", True),
        ("evil.example", False),
        ("evil.example:8321", False),
        ("localhost.evil.example:8321", False),
        ("127.0.0.1.evil.example", False),
        ("evil.example:8321@localhost", False),
        ("", False),
        ("0.0.0.0:8321", False),
    ],
)
def test_only_names_of_this_machine_are_served(free: TestClient, host: str, passes: bool) -> None:
    answer = free.get("/api/v1/jobs", headers={"Host": host})
    assert answer.status_code == (200 if passes else 421)


@pytest.mark.parametrize(
    ("host", "allowed", "names"),
    [
        ("10.0.0.5", (), {"10.0.0.5"}),
        ("box.lan", ("peft.example:443",), {"box.lan", "peft.example"}),
        ("fd00::5", (), {"fd00::5"}),
        ("0.0.0.0", ("peft.example",), {"peft.example", "localhost", "127.0.0.1", "::1"}),
        ("0.0.0.0", (), None),
        ("::", (), None),
    ],
)
def test_names_follow_the_address(
    host: str, allowed: tuple[str, ...], names: set[str] | None, new_sqlite: NewDatabase
) -> None:
    app = open_site(new_sqlite(), TOKEN, host=host, allow_hosts=allowed)
    assert expected_names(app.state.service.settings) == names


def test_on_all_addresses_any_name_does_but_the_token_is_needed(new_sqlite: NewDatabase) -> None:
    with client_of(open_site(new_sqlite(), TOKEN, host="0.0.0.0"), "http://any.example") as client:
        assert client.get("/api/v1/jobs").status_code == 401
        assert client.get("/api/v1/jobs", headers=BEARER).status_code == 200


@given(st.text("abc.-", min_size=1).filter(lambda x: not x.endswith(".")), st.integers(1, 65535))
def test_a_host_is_split_from_its_port(name: str, port: int) -> None:
    assert split_host(f"{name}:{port}") == split_host(name.upper()) == name
