"""Rows of CSV and TSV files."""

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import agree, plural

from .table import Table, find_name, match_columns
from .text_files import open_text, suffix_of

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_TELLING = {",": "commas", ";": "semicolons", "\t": "tabs"}
"""What else may lie between columns, as a heading shows that was read as one column."""
_MANY = 10
"""Rows; fewer may all have been swallowed."""


def read_quoted(path: Path, wanted: Sequence[str]) -> Table:
    """A file whose fields may stand in quotes and then hold delimiters and line breaks.

    Raises:
        UserError: It is empty or malformed, or lacks a column.
    """
    return _read(path, wanted, csv.QUOTE_MINIMAL)


def read_plain(path: Path, wanted: Sequence[str]) -> Table:
    """A file with one row a line, in which a quote is a character like any other.

    One that fits with quotes alone is read so, and that is noted.

    Raises:
        UserError: It is empty or malformed, or lacks a column.
    """
    try:
        return _read(path, wanted, csv.QUOTE_NONE)
    except UserError as error:
        try:
            table = _read(path, wanted, csv.QUOTE_MINIMAL)
        except UserError:
            raise error from None
    note = f"{path} is read with quoted fields: without quotes its lines do not fit"
    return replace(table, notes=(note, *table.notes))


def _read(path: Path, wanted: Sequence[str], quoting: int) -> Table:
    csv.field_size_limit(sys.maxsize)
    with open_text(path, newline="") as lines:
        # The kinds of quoting are plain numbers of the module `csv`.
        options: dict[str, Any] = {"delimiter": _DELIMITERS[suffix_of(path)], "quoting": quoting}
        reader = csv.reader(lines, strict=True, **options)
        try:
            table, broken = _collect(reader, path, wanted)
        except csv.Error as error:
            got = f"line {reader.line_num} ({error})"
            raise UserError(f"well-formed rows in {path}", got, "correct that line") from error
    notes = _note_breaks(table, broken) if quoting == csv.QUOTE_MINIMAL else _note_quotes(table)
    return replace(table, notes=notes)


def _collect(reader: Any, path: Path, wanted: Sequence[str]) -> tuple[Table, int]:
    """The table, and how many of its rows run over several lines."""
    names = next(_filled(reader), None)
    if names is None:
        raise UserError("a data file with rows", f"{path}, which is empty", "fill it")
    _check_delimiter(names, path, wanted)
    meant = match_columns(str(path), names, wanted)
    numbers = {name: i for i, name in enumerate(names)}
    places = {x: numbers[y] for x, y in zip(wanted, meant, strict=True)}
    columns: dict[str, list[Any]] = {name: [] for name in places}
    before, broken = reader.line_num, 0
    for row in reader:
        broken += reader.line_num > before + 1
        before = reader.line_num
        if not row:
            continue
        _check_width(row, len(names), path, reader.line_num)
        for name, place in places.items():
            columns[name].append(row[place] or None)
    return Table(str(path), columns), broken


def _check_delimiter(names: Sequence[str], path: Path, wanted: Sequence[str]) -> None:
    """Refuse a file of one column that is several, unless it is wanted as it is."""
    own = _DELIMITERS[suffix_of(path)]
    found = [x for x in _TELLING if x != own and x in names[0]] if len(names) == 1 else []
    if found and all(find_name(names, x) is None for x in wanted):
        expected = f"columns of {path} with {_TELLING[own]} between them"
        got = f"one column {names[0]!r}, as if {_TELLING[found[-1]]} were between them"
        fitting = next((x for x, y in _DELIMITERS.items() if y == found[-1]), "")
        hint = f"let its name end in {fitting}" if fitting else f"save it with {_TELLING[own]}"
        raise UserError(expected, got, hint)


def _filled(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if row)


def _check_width(row: Sequence[str], width: int, path: Path, line: int) -> None:
    """Empty fields beyond the header are what a spreadsheet leaves of emptied columns."""
    if len(row) != width and (len(row) < width or any(row[width:])):
        raise UserError(
            f"{plural(width, 'field')} in each row of {path}",
            f"{len(row)} at line {line}",
            "quote texts that hold the delimiter",
        )


def _note_breaks(table: Table, broken: int) -> tuple[str, ...]:
    """So that rows swallowed by a stray quote are missed. Where each of many runs over lines, as
    prompts do, none was."""
    rows = len(next(iter(table.columns.values())))
    if not broken or broken == rows >= _MANY:
        return ()
    over = f"{agree(broken, 'run')} over several lines, by quoted fields"
    return (f"{broken} of {plural(rows, 'row')} of {table.origin} {over}",)


def _note_quotes(table: Table) -> tuple[str, ...]:
    values = chain.from_iterable(table.columns.values())
    quoted = sum(x is not None and len(x) > 1 and x[0] == x[-1] == '"' for x in values)
    if not quoted:
        return ()
    begin, end = agree(quoted, "begin"), agree(quoted, "end")
    ends = f"{begin} and {end} with a quote, which is kept"
    return (f"{plural(quoted, 'field')} of {table.origin} {ends}",)
