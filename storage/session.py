"""What all parts of a store have: one connection, and methods that are transactions.

A method marked `read`, `write` or `write_once` runs in a transaction of its own; called by another
one, or inside `together` or `at_once`, it takes part in the transaction that is open.
"""

from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from peftsearch.errors import StoreUnavailable

from .connection import connect, describe
from .opening import open_connection
from .transactions import explain, run_read, run_write

T = TypeVar("T")
P = ParamSpec("P")
S = TypeVar("S", bound="Session")
Method = Callable[Concatenate[S, P], T]


class Session:
    """One connection to one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect, and bring the schema to its newest revision.

        Args:
            url: `sqlite:///path.db` or `postgresql+psycopg://user@host/name`. A SQLite file is
                created where there is none; its folder is not.

        Raises:
            UserError: The database is down, unwritable, of a newer peftsearch or of another
                program, or the URL is wrong.
        """
        return cls(open_connection(url))

    def beside(self) -> Self:
        """Another store over the same database, for another thread. The caller closes it.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        url = self._connection.engine.url
        try:
            return type(self)(connect(url))
        except DBAPIError as error:
            raise StoreUnavailable(describe(url), explain(error)) from error

    @property
    def url(self) -> str:
        """That of its database, with the password if it has one: not for people."""
        found: str = self._connection.engine.url.render_as_string(hide_password=False)
        return found

    def close(self) -> None:
        """Give up the connection; a closed store cannot be used again."""
        self._connection.close()

    def rest(self) -> None:
        """Leave a server's connection to others until the next method, which opens one again;
        nothing happens with a file."""
        if self._connection.dialect.name != "sqlite" and not self._connection.closed:
            self._connection.invalidate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def at_once(self, action: Callable[[], T]) -> T:
        """Run several methods that read on one consistent moment of the database.

        Args:
            action: Calls the methods. It runs a second time if the connection breaks.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        return run_read(self._connection, action)

    def together(self, action: Callable[[], T]) -> T:
        """Run several methods as one transaction: all of them are recorded or none.

        Args:
            action: Calls the methods. It runs a second time if the connection breaks before the
                commit, and not if it breaks in the commit.

        Raises:
            StoreUnavailable: The database does not answer, or stays locked.
        """
        return run_write(self._connection, action, repeatable=False)


def read(method: Method[S, P, T]) -> Method[S, P, T]:
    """Let the method see one consistent moment of the database."""

    @wraps(method)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return run_read(self._connection, lambda: method(self, *args, **kwargs))

    return run


def write(method: Method[S, P, T]) -> Method[S, P, T]:
    """Let the method write all or nothing; recording it twice is the same as once."""

    @wraps(method)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return run_write(self._connection, lambda: method(self, *args, **kwargs), repeatable=True)

    return run


def write_once(method: Method[S, P, T]) -> Method[S, P, T]:
    """Let the method write all or nothing; it is not repeated once it may be recorded."""

    @wraps(method)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return run_write(self._connection, lambda: method(self, *args, **kwargs), repeatable=False)

    return run
