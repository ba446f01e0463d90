"""From the rows of a damaged file to a new database of the newest schema."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from peftsearch.errors import UserError
from peftsearch.storage.connection import connect, file_url, parse_url
from peftsearch.storage.migrations import HEAD, VERSION_TABLE, migrate
from peftsearch.storage.rows import job_of
from peftsearch.storage.schema import jobs, metadata
from peftsearch.storage.store import Store
from peftsearch.storage.transactions import explain

from .cells import Cell, Value
from .finding import Found, find_rows
from .fitting import Column, fit, put, read_columns
from .mending import Mended, mend_job
from .pages import read_pages

_TABLES = [table.name for table in metadata.sorted_tables]


@dataclass
class Salvage:
    """What came of it.

    Attributes:
        saved: Rows by table.
        refused: Rows that were read and not kept: damaged, or of a job or trial that is lost.
        unread: Pages and rows that could not be read.
        jobs: What was done to each that lost something.
    """

    saved: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TABLES, 0))
    refused: int = 0
    unread: int = 0
    jobs: list[Mended] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether all was there."""
        return not (self.refused or self.unread)


def salvage(source: Path, target: Path) -> Salvage:
    """Save what can be read of a file, which stays as it is, into a new one.

    Raises:
        UserError: The file cannot be read or holds nothing of ours, or the new one exists or
            cannot be written.
    """
    if target.exists():
        got, hint = f"{target}, which exists", "name another file"
        raise UserError("a new file for what is saved", got, hint)
    try:
        found = find_rows(read_pages(source), [*_TABLES, VERSION_TABLE])
    except OSError as error:
        got = f"{source}: {error.strerror}"
        raise UserError("a damaged database file", got, "correct the path") from error
    if not _names_ours(found):
        got, hint = f"{source}, in which no row of a job is left", "restore it from a backup"
        raise UserError("a database of peftsearch", got, hint)
    url = file_url(str(target))
    with _removed_unless_done(target):
        try:
            done = _rebuild(found, url)
            done.jobs = [] if done.whole else _mend(url)
        except DBAPIError as error:
            expected, hint = f"a file that can be written at {target}", "name another file"
            raise UserError(expected, explain(error), hint) from error
    return done


def _names_ours(found: Found) -> bool:
    return bool(found.strays or any(found.rows[name] for name in _TABLES))


@contextlib.contextmanager
def _removed_unless_done(target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for path in (target, *(target.with_name(f"{target.name}-{x}") for x in ("wal", "shm"))):
            path.unlink(missing_ok=True)
        raise


def _rebuild(found: Found, url: str) -> Salvage:
    """A database of the damaged one's schema with its rows, brought to the newest schema."""
    done = Salvage(unread=found.unread)
    with connect(parse_url(url)) as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            migrate(connection, _find_revision(found))
            columns = {name: read_columns(connection, name) for name in _TABLES}
            strays = _sort_strays(found.strays, columns, done)
            for name in (x for x in _TABLES if columns[x]):
                rows = [fit(cell, columns[name]) for cell in found.rows[name]]
                kept = [put(connection, name, row) for row in rows if row is not None]
                done.refused += len(rows) - sum(kept)
                more = sum(put(connection, name, row) for row in strays[name])
                done.saved[name] = sum(kept) + more
    Store.open(url).close()
    return done


def _find_revision(found: Found) -> str:
    """That of the damaged file; the newest where it does not tell it.

    Raises:
        UserError: It is newer than ours.
    """
    cells = [*found.rows[VERSION_TABLE], *found.strays]
    told = [x.values[0] for x in cells if len(x.values) == 1]
    known = [x for x in told if isinstance(x, str) and len(x) == len(HEAD) and x.isdecimal()]
    revision = max(known, default=HEAD)
    if revision > HEAD:
        got, hint = f"schema {revision}, which a newer peftsearch wrote", "update peftsearch"
        raise UserError(f"a database of schema {HEAD} or older", got, hint)
    return revision


def _sort_strays(
    cells: Iterable[Cell], columns: Mapping[str, tuple[Column, ...]], done: Salvage
) -> Mapping[str, list[Mapping[str, Value]]]:
    """Rows of pages that no table leads to, by the table that they fit."""
    found: dict[str, list[Mapping[str, Value]]] = {name: [] for name in _TABLES}
    for cell in cells:
        fitting = ((x, fit(cell, columns[x])) for x in _TABLES if columns[x])
        name, row = next(((x, row) for x, row in fitting if row is not None), (None, None))
        if name is not None and row is not None:
            found[name].append(row)
        elif not _is_of_schema(cell):
            done.refused += 1
    return found


def _is_of_schema(cell: Cell) -> bool:
    """Whether it is the database's own: of the table of tables, or of its revision."""
    return len(cell.values) == 1 or cell.values[:1] in (("table",), ("index",))


def _mend(url: str) -> list[Mended]:
    with connect(parse_url(url)) as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            found = [job_of(row) for row in connection.execute(select(jobs))]
            known = [x for x in found if x.problem is None]
            return [mend_job(connection, x.id, x.name, x.spec) for x in known]
