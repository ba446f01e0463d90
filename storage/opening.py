"""Opening a database: connect, bring its schema to the newest revision, say what is wrong."""

import os

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from peftsearch.errors import DatabaseAway, UserError, salvaging

from .connection import connect, describe, parse_url
from .migrations import HEAD, current_revision, migrate
from .transactions import explain, is_of_damage, is_of_the_disk

PATIENCE_SECONDS = 10
"""Of a look at a PostgreSQL server: one that swallows packets is awaited for minutes else."""


def open_connection(url: str) -> Connection:
    """A connection to a database at the newest schema.

    Raises:
        DatabaseAway: It does not answer.
        UserError: The database is unwritable, of a newer peftsearch or of another program, or the
            URL is wrong.
    """
    parsed = parse_url(url)
    try:
        connection = connect(parsed)
        try:
            _update(connection)
        except BaseException:
            connection.close()
            raise
    except DBAPIError as error:
        raise _cannot_open(parsed, error) from error
    return connection


def read_revision(url: str) -> str | None:
    """The schema's revision of a database as it is; None if it has no tables of ours.

    Raises:
        UserError: The database is down or the URL is wrong.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "postgresql" and "connect_timeout" not in parsed.query:
        parsed = parsed.update_query_dict({"connect_timeout": str(PATIENCE_SECONDS)})
    try:
        with connect(parsed) as connection:
            return current_revision(connection)
    except DBAPIError as error:
        raise _cannot_open(parse_url(url), error) from error


def _update(connection: Connection) -> None:
    connection.execution_options(writes=False)
    with connection.begin():
        current = current_revision(connection)
    if current != HEAD:
        connection.execution_options(writes=True)
        with connection.begin():
            migrate(connection)


def _cannot_open(parsed: URL, error: DBAPIError) -> UserError:
    url = describe(parsed)
    if is_of_damage(error.orig):
        hint = salvaging(str(parsed.database))
        return UserError(f"a whole database at {url}", explain(error), hint)
    if url.startswith("sqlite"):
        expected, hint = "a database file that can be written", "check the file and its folder"
    else:
        expected, hint = "a PostgreSQL server that answers", "check that it runs and the URL"
    away = isinstance(error, (OperationalError, InterfaceError))
    here = is_of_the_disk(error.orig) or _is_read_only(parsed)
    kind = DatabaseAway if away and not here else UserError
    return kind(f"{expected} at {url}", explain(error), hint)


def _is_read_only(url: URL) -> bool:
    """Whether it is a file that stands there and cannot be written, as on a read-only disk."""
    path = url.database or ""
    there = url.get_backend_name() == "sqlite" and os.path.isfile(path)
    return there and not os.access(path, os.W_OK)
