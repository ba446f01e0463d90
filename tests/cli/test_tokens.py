"""The token of a dashboard: the user's own, which others cannot read and a restart finds."""

import os
import stat
from pathlib import Path

import pytest

from peftsearch.cli.tokens import TOKEN_VARIABLE, choose_token, own_token_file, read_token
from peftsearch.errors import UserError
from peftsearch.service.credentials import check_token

HERE = "127.0.0.1"
TOKEN = "correct-horse-battery-staple"


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user without a token of any kind; where one of his own would be kept."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    return own_token_file()


def test_a_token_is_made_once_for_its_owner_alone(state: Path) -> None:
    first, again = choose_token(None, False, HERE), choose_token(None, False, HERE)
    assert first == again and first.shown and not first.note
    assert first.token is not None and check_token(first.token)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.parent.stat().st_mode) == 0o700
    assert [x.name for x in state.parent.iterdir()] == ["token"]
    state.unlink()
    assert choose_token(None, False, HERE).token != first.token


def test_a_token_that_is_given_is_not_printed(
    state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "given").write_text(f"{TOKEN}\n")
    chosen = choose_token(tmp_path / "given", False, HERE)
    assert (chosen.token, chosen.shown) == (TOKEN, False)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert choose_token(None, False, HERE) == chosen
    assert not state.exists()


def test_none_is_a_wish_with_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    chosen = choose_token(None, True, HERE)
    assert chosen.token is None and chosen.note.startswith("warning: ")
    with pytest.raises(UserError, match="leave one out"):
        choose_token(tmp_path / "given", True, HERE)


def test_other_addresses_want_one_that_is_given(state: Path) -> None:
    assert choose_token(None, False, "0.0.0.0").token is None
    assert not state.exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o660])
def test_a_token_that_others_may_know_is_refused(state: Path, mode: int) -> None:
    choose_token(None, False, HERE)
    state.chmod(mode)
    with pytest.raises(UserError, match="that you alone can read") as raised:
        choose_token(None, False, HERE)
    assert "delete it" in raised.value.hint


@pytest.mark.parametrize(
    "content", [b"", b"short", b"\xff\xfe" * 20, b"\0" * 40, b"with blanks " * 9]
)
def test_a_damaged_file_is_named_without_its_content(state: Path, content: bytes) -> None:
    choose_token(None, False, HERE)
    state.write_bytes(content)
    with pytest.raises(UserError) as raised:
        choose_token(None, False, HERE)
    assert str(state) in str(raised.value) and "delete it" in raised.value.hint
    assert "short" not in str(raised.value) and "blanks" not in str(raised.value)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_of_ones_own_is_not_followed(
    state: Path, tmp_path: Path, kind: str
) -> None:
    """A token for this start alone; the reason is told."""
    (tmp_path / "known").write_text(TOKEN)
    state.parent.mkdir(parents=True)
    if kind == "link":
        state.symlink_to(tmp_path / "known")
    elif kind == "folder":
        state.mkdir()
    else:
        os.mkfifo(state, 0o600)
    try:
        chosen = choose_token(None, False, HERE)
    except UserError as error:
        assert str(state) in str(error)
    else:
        assert chosen.token != TOKEN and str(state) in chosen.note


def test_a_home_that_cannot_be_written_is_no_hindrance(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    first, second = choose_token(None, False, HERE), choose_token(None, False, HERE)
    assert first.token != second.token and first.shown
    assert first.note.startswith("note: the token is for this start alone")


def test_a_device_without_an_end_is_read_to_no_end() -> None:
    with pytest.raises(UserError):
        check_token(read_token(Path("/dev/zero")) or "")
