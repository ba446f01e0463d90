"""Rows of JSON files: an array of objects, or an object in each line."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import agree, plural

from .table import Table, match_columns
from .text_files import open_text

Row = dict[str, Any]


def read_json_lines(path: Path, wanted: Sequence[str]) -> Table:
    """A file with an object in each line that is not blank.

    Raises:
        UserError: A line is no object, or a column is missing.
    """
    rows: list[Row] = []
    halves = False
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                halves = halves or _may_hold_halves(line)
                rows.append(_parse_line(line, number, path))
    return _make_table(rows, path, wanted, halves)


def read_json(path: Path, wanted: Sequence[str]) -> Table:
    """A file with one array of objects; of JSON lines too, as many name them `.json`.

    Raises:
        UserError: It is neither, or a column is missing.
    """
    with open_text(path) as file:
        text = file.read()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        if getattr(error, "msg", "") == "Extra data":
            return read_json_lines(path, wanted)
        got, hint = f"{path}: {error}", "correct the file"
        raise UserError("a JSON array of objects, or JSON lines", got, hint) from error
    if not isinstance(found, list):
        got = f"{path} with a {type(found).__name__}"
        raise UserError("a JSON array of objects, or JSON lines", got, "write one of them")
    for number, row in enumerate(found, start=1):
        if not isinstance(row, dict):
            got = f"a {type(row).__name__} at row {number}"
            raise UserError(f"a JSON object in each row of {path}", got, "correct that row")
    return _make_table(found, path, wanted, _may_hold_halves(text))


def _parse_line(line: str, number: int, path: Path) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        why = getattr(error, "msg", "") or str(error)
        place = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        got = f"line {number} ({why}{place})"
        raise UserError(f"JSON in each line of {path}", got, "correct that line") from error
    if not isinstance(row, dict):
        got = f"line {number} with a {type(row).__name__}"
        raise UserError(f"a JSON object in each line of {path}", got, "correct that line")
    return row


def _make_table(rows: Sequence[Row], path: Path, wanted: Sequence[str], halves: bool) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    meant = match_columns(str(path), names, wanted) if rows else wanted
    named = dict(zip(wanted, meant, strict=True))
    columns = {name: [row.get(column) for row in rows] for name, column in named.items()}
    if not halves:
        return Table(str(path), columns)
    whole = {name: [_replace_halves(x) for x in values] for name, values in columns.items()}
    changed = [
        any(columns[name][row] != whole[name][row] for name in columns) for row in range(len(rows))
    ]
    note = (
        f"{plural(sum(changed), 'row')} of {path} {agree(sum(changed), 'hold')} halves of "
        "surrogate pairs, which are no characters; each is replaced by U+FFFD"
    )
    return Table(str(path), whole, notes=(note,) * any(changed))


def _may_hold_halves(text: str) -> bool:
    r"""Whether `\ud800` to `\udfff` may stand in it; no other way leads them into a text."""
    return "\\ud" in text or "\\uD" in text


def _replace_halves(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_replace_halves(x) for x in value]
    if isinstance(value, dict):
        return {_replace_halves(name): _replace_halves(x) for name, x in value.items()}
    return value
