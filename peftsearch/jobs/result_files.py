"""Files of results that were measured elsewhere, row by row."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show, show_failed
from peftsearch.records.trial import TrialState

_LONGEST = 20_000_000
"""Characters of a file."""
Row = Mapping[str, Any]


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Each row with its place, for people.

    Raises:
        UserError: The file cannot be read, or a row is none.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(_LONGEST + 1)
    except (OSError, ValueError) as error:
        got = show_failed(str(path), error)
        raise UserError("a readable file of results", got, "check the path") from error
    if len(text) > _LONGEST:
        raise UserError(f"a file of at most {_LONGEST:,} characters", "more", "split it")
    read: Callable[[str, Path], Iterator[tuple[str, Row]]]
    read = _csv_rows if path.suffix.lower() == ".csv" else _json_rows
    yield from read(text, path)


def _csv_rows(text: str, path: Path) -> Iterator[tuple[str, Row]]:
    reader = csv.DictReader(text.splitlines(), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                got = f"another number of fields in line {reader.line_num}"
                raise UserError(f"as many fields as columns in {path}", got, "correct that line")
            yield f"line {reader.line_num} of {path}", row
    except csv.Error as error:
        got = f"line {reader.line_num} ({error})"
        raise UserError(f"well-formed rows in {path}", got, "correct that line") from error


def _json_rows(text: str, path: Path) -> Iterator[tuple[str, Row]]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, Mapping) and isinstance(whole.get("trials"), list):
        yield from _shown(whole["trials"], path)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number} of {path}", _object(line, number, path)


def _object(line: str, number: int, path: Path) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, Mapping):
        expected = f"a result as JSON in line {number} of {path}"
        raise UserError(expected, show(line.strip()), "write one object a line, or a CSV file")
    return row


def _shown(trials: Sequence[Any], path: Path) -> Iterator[tuple[str, Row]]:
    """What `show --json` tells of completed trials."""
    for number, trial in enumerate(trials):
        if not isinstance(trial, Mapping) or trial.get("state") != TrialState.COMPLETED:
            continue
        measured, provenance = trial.get("measurements"), trial.get("provenance")
        rows = provenance.get("validation_rows") if isinstance(provenance, Mapping) else None
        values = dict(measured) if isinstance(measured, Mapping) else {}
        kept = {"configuration": trial.get("configuration"), "seed": trial.get("seed")}
        yield f"trial {number} of {path}", {**values, **kept, "validation_rows": rows}
