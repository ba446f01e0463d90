"""Transactions that survive one lost connection.

What fails before its commit left no trace, so it is run again on a new connection. What fails in
its commit may or may not have been recorded: only an action that may be repeated is run again.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from peftsearch.errors import (
    StoreDamaged,
    StoreError,
    StoreFault,
    StoreFull,
    StoreGone,
    StoreRefuses,
    StoreUnavailable,
)

from .connection import describe
from .sqlite_files import find_missing

T = TypeVar("T")
_REFUSALS = ("42501", "42P01", "3F000")
"""What a server says (SQLSTATE) of rights that are taken away, and of tables that are not there:
not yet, where it is being restored."""


class _Lost(Exception):
    """The connection broke, and running the action again is harmless."""


def run_read(connection: Connection, action: Callable[[], T]) -> T:
    """Run `action` on one consistent moment of the database, or in the transaction that is open.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    if connection.in_transaction():
        return action()
    return _run(connection, action, writes=False, repeatable=True)


def run_write(connection: Connection, action: Callable[[], T], repeatable: bool) -> T:
    """Run `action` in one transaction, or in the one that is open, which must be of a writer.

    On SQLite no other writer runs meanwhile.

    Args:
        repeatable: Whether the action may be run again after it was perhaps recorded.

    Raises:
        StoreUnavailable: The database does not answer, or stays locked.
        StoreRefuses: A server takes nothing, as a standby.
        StoreFull: Its file cannot be written.
        StoreGone: Its file is no longer there.
        StoreDamaged: Its file is damaged.
        StoreFault: It is not as it was written.
    """
    if connection.in_transaction():
        assert connection.get_execution_options()["writes"], "a reader's transaction cannot write"
        return action()
    return _run(connection, action, writes=True, repeatable=repeatable)


def explain(error: DBAPIError) -> str:
    """The driver's own first line."""
    return str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__


def _run(connection: Connection, action: Callable[[], T], writes: bool, repeatable: bool) -> T:
    try:
        if path := find_missing(connection):
            raise StoreGone(describe(connection.engine.url), path)
        connection.execution_options(writes=writes)
        try:
            return _run_once(connection, action, repeatable)
        except _Lost:
            return _run_once(connection, action, repeatable)
    except (_Lost, DBAPIError) as error:
        cause = error.__cause__ if isinstance(error, _Lost) else error
        assert isinstance(cause, DBAPIError)
        raise _fault_of(connection, cause) from cause


def is_of_the_disk(error: BaseException | None) -> bool:
    """Whether waiting mends nothing: SQLite's file is on this machine."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


def is_of_damage(error: BaseException | None) -> bool:
    """Whether an SQLite file holds what SQLite never wrote."""
    code = getattr(error, "sqlite_errorcode", 0)
    damaged = code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    # The driver's own finding, without a code.
    return damaged or isinstance(error, sqlite3.Error) and "decode to UTF-8" in str(error)


def is_refusal(error: DBAPIError) -> bool:
    """Whether a server answers, but is in no state to do what it always did: it became a standby,
    or read-only for want of room, its tables are being restored, or our rights are gone."""
    state = getattr(error.orig, "sqlstate", None)
    return state is not None and (isinstance(error, InternalError) or state in _REFUSALS)


def _fault_of(connection: Connection, error: DBAPIError) -> StoreError:
    """What keeps the database from answering, or from taking a statement."""
    told = describe(connection.engine.url), explain(error)
    if is_of_damage(error.orig):
        return StoreDamaged(*told, str(connection.engine.url.database))
    if is_of_the_disk(error.orig):
        return StoreFull(*told)
    if is_refusal(error):
        return StoreRefuses(*told)
    away = isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated
    return StoreUnavailable(*told) if away else StoreFault(*told)


def _run_once(connection: Connection, action: Callable[[], T], repeatable: bool) -> T:
    committing = False
    try:
        with connection.begin():
            result = action()
            committing = True
        return result
    except StoreRefuses:
        connection.invalidate()  # the next one may lead to another server, or to other rights
        raise
    except DBAPIError as error:
        if is_refusal(error):
            connection.invalidate()
        if error.connection_invalidated and (repeatable or not committing):
            raise _Lost from error
        raise
