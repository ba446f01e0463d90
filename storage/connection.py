"""From a database URL to one prepared connection.

SQLite runs in WAL mode, so that readers do not wait for the writer, and waits up to
`BUSY_SECONDS` for another writer (`?timeout=5` in the URL changes that). WAL needs a local disk.
"""

import json
import re
import shlex
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from peftsearch.errors import UserError
from peftsearch.message_text import as_line
from peftsearch.passwords import find_database

from .servers import connect_arguments, prepare_server
from .sqlite_files import SqliteFile, know_files

BUSY_SECONDS = 30
_LONG_NUMBER = re.compile("[0-9]{19}(?<![0-9.].{19})")
"""Begins a number whose whole part may be beyond 64 bits; the digits of a fraction do not. What
stands before the digits is looked at behind them, where there are so many: half of the time."""
_PORT = re.compile(r"(?:\[[^]/]*+\]|[^:/?]*+):([^/?]*+)")
"""What stands behind a host."""
_DATABASE = "a database such as sqlite:///search.db or postgresql+psycopg://user@host/name"
_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def parse_url(text: str) -> URL:
    """A checked database URL.

    Raises:
        UserError: Not a URL of SQLite or PostgreSQL, or the folder of its file does not exist.
    """
    _check_login(text)
    try:
        url = make_url(text)
        url = url.set(drivername=_DRIVERS[url.drivername])
    except (ArgumentError, KeyError, ValueError):
        port = ", with a number as the port behind its host" if _has_other_port(text) else ""
        raise UserError(
            f"{_DATABASE}{port}",
            # Text that is no URL may hold a password that no parser can hide.
            repr(text.partition("://")[0] + "://..." if "://" in text else text),
            "correct the storage URL",
        ) from None  # what cannot be parsed is a part of it, perhaps of its password
    _check_database(url)
    if url.drivername == "sqlite":
        _check_file(url)
    return url


def describe(url: URL) -> str:
    """The URL for people, without its password, wherever it stands in it."""
    return as_line(url.render_as_string(hide_password=True))


def as_argument(text: str) -> str:
    """What a shell needs to mean a database: the path of an SQLite file, else the URL without its
    password.

    Args:
        text: A checked URL.
    """
    url = parse_url(text)
    plain = url.get_backend_name() == "sqlite" and url.database and not url.query
    return shlex.quote(str(url.database) if plain else describe(url))


def absolute_url(text: str) -> str:
    """The same database for other processes, which may run in another folder.

    Args:
        text: A checked URL.

    Raises:
        UserError: It would be gone with its first connection.
    """
    url = parse_url(text)
    if url.get_backend_name() != "sqlite":
        return text
    if url.database in (None, "", ":memory:"):
        expected, got = "a database that others can open too", "an SQLite database in memory"
        raise UserError(expected, got, "name a file")
    path = str(Path(url.database).resolve())
    return url.set(database=path).render_as_string(hide_password=False)


def file_url(path: str) -> str:
    """The URL of an SQLite file, whatever letters its name has."""
    return f"sqlite:///{path.replace('%', '%25').replace('?', '%3F')}"


def connect(url: URL) -> Connection:
    """A connection of its own, that opens again by itself after it broke.

    Raises:
        sqlalchemy.exc.DBAPIError: The database does not answer or is none.
    """
    return _make_engine(url).connect()


def _check_login(text: str) -> None:
    """Refuse a login with an `@` of its own: what stands behind the first one would be taken for
    the host, and be shown."""
    scheme, _, rest = text.partition("://")
    login = rest.rpartition("@")[0]
    if not scheme.startswith("sqlite") and "@" in login:
        expected, hint = "a database URL with one @", "write the @ of a password as %40"
        raise UserError(expected, f"{scheme}://... with several", hint)
    if not scheme.startswith("sqlite") and ":" not in login and "%3a" in login.lower():
        expected, hint = "a : between user and password", "write it as it is, not as %3A"
        raise UserError(expected, f"{scheme}://... with %3A", hint)


def _has_other_port(text: str) -> bool:
    """Whether a port is no number; it is not shown, for it may be a password."""
    scheme, _, rest = text.partition("://")
    found = _PORT.match(rest.rpartition("@")[2])
    return scheme in _DRIVERS and found is not None and not found[1].isdecimal()


def is_misspelt(text: str) -> bool:
    """Whether a text is no URL, but begins as one of a database server and holds a login."""
    return find_database(text) == 0 and "@" in text and "://" not in text


def is_there(storage: str) -> bool:
    """Whether opening a URL makes no new SQLite file.

    Raises:
        UserError: It is no URL.
    """
    url = parse_url(storage)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def check_scheme(text: str) -> None:
    """Refuse the misspelt URL of a database server, which would be the name of an SQLite file.

    Raises:
        UserError: It is one: its kind is named, and `://` is not behind it.
    """
    if is_misspelt(text):
        expected, hint = "a database such as postgresql+psycopg://user@host/name", "write :// once"
        raise UserError(expected, "one without :// behind its kind", hint)


def _check_database(url: URL) -> None:
    """A login that is not where it belongs is taken for the name of the database."""
    if url.get_backend_name() != "sqlite" and "@" in (url.database or ""):
        expected, hint = "a database URL with its login right behind ://", "correct the slashes"
        raise UserError(expected, f"{url.drivername}://... with an @ in its name", hint)


def _check_file(url: URL) -> None:
    if url.host or url.username:
        found = f"{url.host or url.username}{f'/{url.database}' if url.database else ''}"
        expected, got = "three slashes before the file of an SQLite database", "two"
        raise UserError(expected, got, f"write sqlite:///{found}")
    path = Path(url.database or ":memory:")
    if str(path) == ":memory:":
        return
    try:
        is_file, is_placed = not path.is_dir(), path.parent.is_dir()
    except (OSError, ValueError) as error:  # too long, or with a NUL
        expected, got = "the path of a database file", f"{str(path)!r} ({error})"
        raise UserError(expected, got, "correct the storage URL") from error
    if not is_placed:
        raise UserError(
            "a database file in an existing folder",
            f"{path}, but {path.parent} is no folder",
            "create the folder or correct the storage URL",
        )
    if not is_file:
        raise UserError("a database file", f"the folder {path}", "add the name of a file to it")


def _make_engine(url: URL) -> Engine:
    options: dict[str, Any] = {}
    if url.drivername == "sqlite":
        waits = {} if "timeout" in url.query else {"timeout": BUSY_SECONDS}
        options["connect_args"] = {"check_same_thread": False, "factory": SqliteFile, **waits}
    else:
        options["connect_args"] = connect_arguments(url)
    # A store holds its one connection for its life: a pool would only keep a broken one.
    engine = create_engine(
        url,
        poolclass=NullPool,
        json_serializer=partial(json.dumps, allow_nan=False),
        json_deserializer=_read_json,
        **options,
    )
    if url.drivername == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        event.listen(engine, "connect", prepare_server)
    event.listen(engine, "begin", _begin)
    return engine


def _read_json(text: str | bytes) -> Any:
    """A document; where somebody damaged it the text itself, so that the rows beside it are read,
    and whoever wants this one says of what it is."""
    try:
        # Four times as fast, but it rounds whole numbers beyond 64 bits.
        if not _LONG_NUMBER.search(text if isinstance(text, str) else text.decode()):
            return orjson.loads(text)
    except ValueError:  # or something that it alone refuses
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _prepare_sqlite(connection: SqliteFile, record: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes late and is never IMMEDIATE; `_begin` sends ours.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    _use_wal(connection)
    know_files(connection)


def _use_wal(connection: sqlite3.Connection) -> None:
    # Unlike other statements, the switch of a new file to WAL does not wait for another process.
    (busy,) = connection.execute("PRAGMA busy_timeout").fetchone()
    deadline = time.monotonic() + busy / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif not writes:
        # A reader that needs several statements sees one moment of the database, as on SQLite.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
