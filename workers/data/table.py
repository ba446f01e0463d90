"""A table: the wanted columns of one split, whatever it was read from."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import shorten, show, suggest

_NAMED = 3
"""Rows that a message names, of however many."""


class MissingColumn(UserError):
    """A column that a source does not have.

    Attributes:
        column: Its name.
        known: Those that the source has.
    """

    column: str = ""
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        """With the key of the job file that names it, where that is known."""
        key = f"{self.where}: " if self.where else ""
        return f"expected {key}{self.expected}; got {self.got}; {self.hint}"


@dataclass(frozen=True)
class Table:
    """The wanted columns of one split, as plain Python values; None where a value is missing.

    Attributes:
        origin: How messages call it: the source, and the split where there are several.
        columns: Name to `n` values.
        classes: Names of the label's classes in their own order, where the source defines them.
        folder: Where relative paths in it begin; None for a hub data set.
        notes: What a person should know of how it was read, one line each.
    """

    origin: str
    columns: Mapping[str, list[Any]]
    classes: tuple[str, ...] | None = None
    folder: Path | None = None
    notes: tuple[str, ...] = ()


class Splits(Mapping[str, Table]):
    """Tables by split name. Each is read when it is first asked for: those that no job uses may
    lack its columns."""

    def __init__(self, readers: Mapping[str, Callable[[], Table]]) -> None:
        self._readers = readers
        self._read: dict[str, Table] = {}

    def __getitem__(self, name: str) -> Table:
        if name not in self._read:
            self._read[name] = check_filled(self._readers[name]())
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


def name_origins(source: str, splits: Sequence[str]) -> dict[str, str]:
    """How messages call each split of a source."""
    return {name: f"{source} [{name}]" if len(splits) > 1 else source for name in splits}


def name_rows(rows: Sequence[int]) -> str:
    """`row 7`, `2 rows (7, 9)`, `40 rows (7, 9, 12, ...)`."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    first = ", ".join(map(str, rows[:_NAMED]))
    return f"{len(rows):,} rows ({first}{', ...' if len(rows) > _NAMED else ''})"


def find_first(
    values: Sequence[Any], origin: str, is_wrong: Callable[[Any], bool]
) -> tuple[Any, str] | None:
    """The first value of a column that is wrong, and where it and its like stand; None: none is.

    The place reads `row 7 of data.csv`, or `row 7 of data.csv, one of 2 rows (7, 9)`.
    """
    rows = [row for row, value in enumerate(values, 1) if is_wrong(value)]
    if not rows:
        return None
    like = f", one of {name_rows(rows)}" if len(rows) > 1 else ""
    return values[rows[0] - 1], f"row {rows[0]} of {origin}{like}"


def check_filled(table: Table) -> Table:
    """The table itself.

    Raises:
        UserError: It has no rows.
    """
    if not next(iter(table.columns.values())):
        raise UserError("a data file with rows", f"none in {table.origin}", "fill it")
    return table


def match_columns(origin: str, names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The columns of a source that are meant, for each wanted one its name there (`find_name`).

    Raises:
        UserError: The source lacks one, or has it twice; names the columns there are and the
            nearest one.
    """
    counts = Counter(names)  # of thousands of names none is looked for in all the others
    found = [name if name in counts else find_name(names, name) for name in wanted]
    missing = [_miss(origin, names, x) for x, y in zip(wanted, found, strict=True) if y is None]
    if missing:
        missing[0].join(*missing[1:])
        raise missing[0]
    kept = [name for name in found if name is not None]
    twice = [name for name in kept if counts[name] > 1]
    if twice:
        got, hint = f"{counts[twice[0]]} columns of that name", "rename the others"
        raise UserError(f"one column {show(twice[0])} in {origin}", got, hint)
    return kept


def find_name(names: Iterable[str], wanted: str) -> str | None:
    """The name that is meant: the same, else the only one that differs by case or by blanks around
    it alone; None where there is none, or several."""
    known = list(names)
    if wanted in known:
        return wanted
    alike = [name for name in known if _folded(name) == _folded(wanted)]
    return alike[0] if len(alike) == 1 else None


def _folded(name: object) -> str:
    return str(name).strip().casefold()


def _miss(origin: str, names: Sequence[str], column: str) -> MissingColumn:
    known = ", ".join(map(str, names))
    hint = suggest(column, map(str, names), "correct the columns under [task]")
    error = MissingColumn(f"a column among {shorten(known)} in {origin}", show(column), hint)
    error.column, error.known = column, tuple(map(str, names))
    return error
