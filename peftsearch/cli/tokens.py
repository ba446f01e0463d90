"""The token that callers of `peftsearch dashboard` must show: given, or this user's own."""

import contextlib
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from peftsearch.errors import UserError
from peftsearch.message_text import show_failed
from peftsearch.service.credentials import check_token
from peftsearch.service.settings import is_loopback

TOKEN_VARIABLE = "PEFTSEARCH_TOKEN"
_BYTES = 24
_MOST = 4096
_ANEW = "delete it: the next start makes another"


@dataclass(frozen=True)
class Chosen:
    """What callers must show.

    Attributes:
        token: None where nothing.
        shown: Whether it may be printed: it is of our own making.
        note: What a person should know of it; empty for nothing.
    """

    token: str | None
    shown: bool = False
    note: str = ""


def choose_token(file: Path | None, none_wanted: bool, host: str) -> Chosen:
    """The token of a file, or else of the environment, or else, on loopback, the user's own.

    Raises:
        UserError: The file cannot be read, none is wanted beside one, or a file of the user's own
            token is open to others.
    """
    if none_wanted:
        return _none(file)
    if given := read_token(file):
        return Chosen(given)
    if not is_loopback(host):
        return Chosen(None)  # which the settings refuse
    return _own()


def read_token(file: Path | None) -> str | None:
    """The token of a file, or else of the environment; None where neither is given.

    Raises:
        UserError: The file cannot be read.
    """
    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(_MOST).strip()  # a device may have no end
    except (OSError, ValueError) as error:
        expected, hint = "a readable text file with the token", "correct --token-file"
        raise UserError(expected, show_failed(str(file), error), hint) from error


def own_token_file() -> Path:
    """Where this user's own token is kept from one start to the next."""
    return platformdirs.user_state_path("peftsearch") / "token"


def _none(file: Path | None) -> Chosen:
    if file is not None:
        raise UserError("--token-file or --no-token", "both", "leave one out")
    return Chosen(
        None,
        note="warning: without a token every user of this machine, and every program on it, may "
        "launch and delete jobs here and read what you can read",
    )


def _own() -> Chosen:
    path = own_token_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            _make(path)
        return Chosen(_read_own(path), shown=True)
    except OSError as error:
        kept = f"{show_failed(str(path), error)} cannot be used"
        note = f"note: the token is for this start alone, since {kept}"
        return Chosen(secrets.token_urlsafe(_BYTES), shown=True, note=note)


def _make(path: Path) -> None:
    """A file with a new token; it appears whole, for its owner alone, and never over another."""
    if path.exists():
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".token-") as made:  # 0600
        made.write(f"{secrets.token_urlsafe(_BYTES)}\n")
        made.flush()
        os.link(made.name, path)


def _read_own(path: Path) -> str:
    with open(
        os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), encoding="utf-8"
    ) as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            got = f"{path} of user {found.st_uid}, mode {stat.S_IMODE(found.st_mode):o}"
            raise UserError("a token file that is yours and that you alone can read", got, _ANEW)
        try:
            return check_token(file.read(_MOST).strip())
        except ValueError as error:
            raise UserError(
                "a token of 16 characters or more", f"another in {path}", _ANEW
            ) from error
