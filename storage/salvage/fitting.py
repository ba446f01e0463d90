"""Whether a row that was read is one of a table, and what its columns hold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Enum
from sqlalchemy.exc import IntegrityError

from peftsearch.storage.schema import metadata

from .cells import Cell, Value


@dataclass(frozen=True)
class Column:
    """One of a table as SQLite tells it.

    Attributes:
        choices: What it may hold alone; empty where that is anything.
    """

    name: str
    kind: str
    nullable: bool
    key: bool
    choices: frozenset[str]


def read_columns(connection: Connection, table: str) -> tuple[Column, ...]:
    """Those of a table, in their order."""
    rows = connection.exec_driver_sql(f"PRAGMA table_info({table})").all()
    keys = sum(bool(row.pk) for row in rows)
    return tuple(
        Column(
            row.name,
            str(row.type).upper(),
            nullable=not row.notnull,
            key=bool(row.pk) and keys == 1 and row.type == "INTEGER",
            choices=_choices(table, row.name),
        )
        for row in rows
    )


def _choices(table: str, column: str) -> frozenset[str]:
    known = metadata.tables.get(table)
    kind = None if known is None or column not in known.c else known.c[column].type
    return frozenset(kind.enums) if isinstance(kind, Enum) else frozenset()


def fit(cell: Cell, columns: Sequence[Column]) -> dict[str, Value] | None:
    """The row's values by column; None where it is no row of that table.

    Columns that came with a later schema are missing at the end of a row from before.
    """
    missing = len(columns) - len(cell.values)
    if missing < 0 or not all(x.nullable for x in columns[len(cell.values) :]):
        return None
    pairs = zip(columns, [*cell.values, *[None] * missing], strict=True)
    row = {x.name: cell.rowid if x.key and value is None else value for x, value in pairs}
    return row if all(_holds(x, row[x.name]) for x in columns) else None


def _holds(column: Column, value: Value) -> bool:
    if value is None:
        return column.nullable
    if column.choices:
        return value in column.choices
    if "INT" in column.kind:
        return isinstance(value, int)
    if "DOUBLE" in column.kind or "FLOAT" in column.kind:
        return isinstance(value, int | float)
    if column.kind == "BLOB":
        return isinstance(value, bytes)
    return isinstance(value, str) and (column.kind != "JSON" or _is_json(value))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def put(connection: Connection, table: str, row: Mapping[str, Any]) -> bool:
    """Insert a row. False where what it hangs on is not there, or one like it is.

    Raises:
        sqlalchemy.exc.DBAPIError: The file cannot be written.
    """
    names = ", ".join(f'"{x}"' for x in row)
    marks = ", ".join("?" * len(row))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    try:
        connection.exec_driver_sql(statement, tuple(row.values()))
    except IntegrityError:
        return False
    return True
