"""Cells of a table that hold nothing: none, not a number, empty or blank."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from peftsearch.errors import UserError

from .table import Table, name_rows


class MissingCells(UserError):
    """Rows lack a value that their kind of task needs."""


def check_present(table: Table, column: str) -> None:
    """Refuse missing values of a column.

    Raises:
        MissingCells: Says how many there are and where the first ones are.
    """
    if missing := _find(table, column):
        raise _error(table, {column: missing})


@contextmanager
def told_together(table: Table, columns: Sequence[str]) -> Iterator[None]:
    """Where a column turns out to lack values, those that other columns lack are told with them.

    Raises:
        MissingCells: One lacks some; says so of each that does.
    """
    try:
        yield
    except MissingCells as error:
        missing = {x: rows for x in columns if (rows := _find(table, x))}
        raise (_error(table, missing) if len(missing) > 1 else error) from None


def _find(table: Table, column: str) -> list[int]:
    """Numbers of the rows without a value."""
    return [row for row, x in enumerate(table.columns[column], 1) if is_missing(x)]


def _error(table: Table, missing: dict[str, list[int]]) -> MissingCells:
    one = len(missing) == 1
    found = [f"none{'' if one else f' of {x!r}'} in {name_rows(y)}" for x, y in missing.items()]
    named = " and of ".join(map(repr, missing))
    expected = f"a value of {named} in each row of {table.origin}"
    return MissingCells(expected, ", ".join(found), "fill in or remove them")


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))
