"""Choices of a multiple-choice task, and which of them is right."""

from collections.abc import Callable, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show

from .missing_cells import check_present
from .table import Table

Choices = tuple[str, ...]


def read_choices(table: Table, columns: Sequence[str]) -> list[Choices]:
    """The `k` choices of each of `n` rows.

    Args:
        columns: One column per choice, or a single one that holds lists (or, as in ARC, mappings
            with a list `text`).

    Raises:
        UserError: A choice is missing or is not text, or the rows differ in their number.
    """
    for column in columns:
        check_present(table, column)
    rows = [table.columns[name] for name in columns]
    listed = [_unpack(x) for x in rows[0]] if len(columns) == 1 else list(zip(*rows, strict=True))
    for row, choices in enumerate(listed, 1):
        _check_row(choices, row, table)
        if len(choices) != len(listed[0]):
            got = f"{len(choices)} at row {row} of {table.origin}"
            expected = f"{len(listed[0])} choices in each row, as in the first"
            raise UserError(expected, got, "remove the rows that differ")
    return [tuple(choices) for choices in listed]


def _unpack(value: Any) -> Any:
    return value.get("text") if isinstance(value, Mapping) else value


def _check_row(choices: Any, row: int, table: Table) -> None:
    listed = isinstance(choices, (list, tuple)) and len(choices) >= 2
    if listed and all(isinstance(choice, str) and choice.strip() for choice in choices):
        return
    raise UserError(
        "at least two choices of text in each row",
        f"{show(choices)} at row {row} of {table.origin}",
        "name a column of lists or one column per choice as task.choices",
    )


def index_choices(table: Table, column: str, choices: Sequence[Choices]) -> list[int]:
    """Index of the right choice of each of `n` rows.

    A column is read in one way throughout: as indices from 0, as letters from A, or as the texts
    of the choices.

    Raises:
        UserError: No way fits all rows, or two ways fit and disagree.
    """
    check_present(table, column)
    labels = table.columns[column]
    found = {
        name: [index for index in indices if index is not None]
        for name, read in _READINGS.items()
        if None not in (indices := list(map(read, labels, choices)))
    }
    distinct = {tuple(indices) for indices in found.values()}
    if len(distinct) == 1:
        return list(distinct.pop())
    raise UserError(
        "the right choice as its index from 0, its letter or its text, alike in all rows",
        _explain(table, labels, choices, list(found)),
        f"correct column {column!r}",
    )


def _explain(
    table: Table, labels: Sequence[Any], choices: Sequence[Choices], found: Sequence[str]
) -> str:
    if found:
        return f"labels of {table.origin} that could be {' or '.join(found)}"
    misses = {
        name: next(
            i for i, (x, y) in enumerate(zip(labels, choices, strict=True)) if read(x, y) is None
        )
        for name, read in _READINGS.items()
    }
    # The reading that went furthest is the one that was meant.
    row = max(misses.values())
    return f"{show(labels[row])} at row {row + 1} of {table.origin}"


def _read_index(label: Any, choices: Choices) -> int | None:
    text = str(label)
    if isinstance(label, float) and label.is_integer():
        text = str(int(label))
    if isinstance(label, bool) or not (text.isascii() and text.isdigit()):
        return None
    return int(text) if int(text) < len(choices) else None


def _read_letter(label: Any, choices: Choices) -> int | None:
    letter = label.strip().upper() if isinstance(label, str) else ""
    index = ascii_uppercase.find(letter) if len(letter) == 1 else -1
    return index if 0 <= index < len(choices) else None


def _read_text(label: Any, choices: Choices) -> int | None:
    return choices.index(label) if label in choices else None


_READINGS: Mapping[str, Callable[[Any, Choices], int | None]] = {
    "indices": _read_index,
    "letters": _read_letter,
    "texts": _read_text,
}
