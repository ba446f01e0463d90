"""Given rows as a file that a job can be resumed from: Parquet, named by what it holds."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from peftsearch.durable import replacing
from peftsearch.errors import UserError
from peftsearch.workers.data.missing_cells import check_present, told_together
from peftsearch.workers.data.table import Table, check_filled, find_name, match_columns

from .given_rows import Given

FOLDER = "data"
"""Below the folder of the jobs' files, beside those of each job."""


def keep_rows(
    given: Given, wanted: Sequence[str], beside: Sequence[str | None], root: Path
) -> Path:
    """Write the wanted columns, once: rows that were given before are the same file.

    Args:
        beside: Columns, of groups say, that are kept too where they are there, and in which values
            may be missing; None of one that is not asked for.
        root: Folder of the jobs' files.

    Returns:
        `data/HASH.parquet` below it, which is there whole or not at all. No job removes it: others
        may be of the same rows.

    Raises:
        UserError: A column is not there, a value is missing, or the file cannot be written.
    """
    names = list(given.readers)
    meant = dict(zip(wanted, match_columns(given.origin, names, wanted), strict=True))
    asked = (x for x in beside if x is not None and x not in meant)
    grouped = {x: found for x in asked if (found := find_name(names, x)) is not None}
    columns = {name: given.column(column) for name, column in (meant | grouped).items()}
    table = check_filled(Table(given.origin, columns))
    with told_together(table, wanted):
        for name in wanted:
            check_present(table, name)
    path = root / FOLDER / f"{hash_rows(columns)}.parquet"
    if not path.exists():
        _write(path, _make_table(columns, given.origin))
    return path


def hash_rows(columns: Mapping[str, Sequence[Any]]) -> str:
    """16 hexadecimal digits, of the names of the columns and of all values in their order."""
    digest = hashlib.sha256()
    for name, values in columns.items():
        digest.update(json.dumps([name, len(values)]).encode())
        for value in values:
            digest.update(json.dumps(value, default=repr).encode() + b"\n")
    return digest.hexdigest()[:16]


def _make_table(columns: Mapping[str, Sequence[Any]], origin: str) -> Any:
    import pyarrow

    arrays = {}
    for name, values in columns.items():
        try:
            arrays[name] = pyarrow.array(values)
        except (TypeError, ValueError, OverflowError, pyarrow.ArrowException) as error:
            expected = f"values of one kind in column {name!r} of {origin}"
            raise UserError(expected, str(error), "make all of them text, or numbers") from error
    return pyarrow.table(arrays)


def _write(path: Path, table: Any) -> None:
    import pyarrow.parquet

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, mode=0o600) as part:
            pyarrow.parquet.write_table(table, part)
    except OSError as error:
        expected = f"a writable folder {str(path.parent)!r} for the rows"
        hint = "make room, or choose another with files="
        raise UserError(expected, error.strerror or str(error), hint) from error
