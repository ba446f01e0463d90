"""Which addresses need a token, and which tokens do."""

from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.service.settings import Settings, is_loopback

TOKEN = "correct-horse-battery-staple"


def settings(
    host: str, token: str | None = None, roots: tuple[Path, ...] | None = None
) -> Settings:
    return Settings("sqlite:///x.db", Path("x.files"), host, token=token, data_roots=roots)


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_what_is_loopback(host: str, alone: bool) -> None:
    assert is_loopback(host) == alone


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "box.lan"])
def test_an_address_for_others_needs_a_token(host: str) -> None:
    with pytest.raises(UserError) as raised:
        settings(host)
    assert "openssl rand" in raised.value.hint
    assert settings(host, TOKEN).credentials is not None


@pytest.mark.parametrize(
    "token", ["", "x" * 15, "x" * 15 + "é", "with space in between", "a" * 20 + "\n"]
)
def test_a_token_is_long_and_plain(token: str) -> None:
    with pytest.raises(UserError) as raised:
        settings("127.0.0.1", token)
    assert token.strip() == "" or token.strip() not in str(raised.value)


def test_jobs_read_anything_on_loopback_and_nothing_else_elsewhere(tmp_path: Path) -> None:
    assert settings("127.0.0.1").data_roots is None
    assert settings("127.0.0.1", roots=(tmp_path,)).data_roots == (tmp_path,)
    assert settings("0.0.0.0", TOKEN).data_roots == ()
    assert settings("0.0.0.0", TOKEN, (tmp_path,)).data_roots == (tmp_path,)
