"""Where a task's data comes from: files, folders written by `datasets`, hub ids."""

import csv
import difflib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError

FILE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_ANY_KIND = f"a {', '.join(FILE_SUFFIXES)} file, a folder written by `datasets` or a hub id"


@dataclass(frozen=True)
class Table:
    """The wanted columns of one split, as plain Python values; None where a value is missing.

    Attributes:
        origin: How messages call it: the source, and the split where there are several.
        columns: Name to `n` values.
        classes: Names of the label's classes in their own order, where the source defines them.
        folder: Where relative paths in it begin; None for a hub data set.
    """

    origin: str
    columns: Mapping[str, list[Any]]
    classes: tuple[str, ...] | None = None
    folder: Path | None = None


def read_source(source: str, subset: str | None, wanted: Sequence[str]) -> dict[str, Table]:
    """Tables by split name; a file has the one split `train`.

    Args:
        source: A file, a folder written by `datasets`, or a hub id.
        subset: Configuration name of a hub data set.
        wanted: The columns to read; a label is the last one.

    Raises:
        UserError: The source is missing, unreadable, empty, or lacks a column.
    """
    path = Path(source)
    if path.is_dir():
        return _read_saved(path, wanted)
    if path.is_file():
        return {"train": replace(_not_empty(_read_file(path, wanted)), folder=path.parent)}
    if path.suffix in FILE_SUFFIXES or not _HUB_ID.fullmatch(source):
        raise UserError(_ANY_KIND, f"no file {source!r}", "check the path")
    return _read_hub(source, subset, wanted)


def _read_file(path: Path, wanted: Sequence[str]) -> Table:
    readers = {".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl}
    readers[".parquet"] = _read_parquet
    if path.suffix not in readers:
        supported = ", ".join(FILE_SUFFIXES)
        raise UserError(f"a data file with suffix {supported}", repr(str(path)), "convert it")
    try:
        return readers[path.suffix](path, wanted)
    except UnicodeDecodeError as error:
        raise UserError(f"UTF-8 text in {path}", str(error), "convert the file") from error
    except OSError as error:
        raise UserError("a readable data file", f"{path}: {error}", "check the file") from error


def _read_csv(path: Path, wanted: Sequence[str]) -> Table:
    csv.field_size_limit(sys.maxsize)
    delimiter = "\t" if path.suffix == ".tsv" else ","
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
        try:
            names = list(reader.fieldnames or ())
            if not names:
                raise UserError("a data file with rows", f"{path}, which is empty", "fill it")
            check_columns(str(path), names, wanted)
            columns: dict[str, list[Any]] = {name: [] for name in wanted}
            for row in reader:
                _check_width(row, len(names), path, reader.line_num)
                for name in wanted:
                    columns[name].append(row[name] or None)
        except csv.Error as error:
            got = f"line {reader.reader.line_num} ({error})"
            raise UserError(f"well-formed rows in {path}", got, "correct that line") from error
    return Table(str(path), columns)


def _check_width(row: Mapping[Any, Any], width: int, path: Path, line: int) -> None:
    extra = row.get(None)
    count = width + len(extra) if extra else sum(value is not None for value in row.values())
    if count != width:
        raise UserError(
            f"{width} fields in each row of {path}",
            f"{count} at line {line}",
            "quote texts that hold the delimiter",
        )


def _read_jsonl(path: Path, wanted: Sequence[str]) -> Table:
    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                rows.append(_parse_line(line, number, path))
    names = list(dict.fromkeys(name for row in rows for name in row))
    if rows:
        check_columns(str(path), names, wanted)
    return Table(str(path), {name: [row.get(name) for row in rows] for name in wanted})


def _parse_line(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        got = f"line {number} ({error.msg} at column {error.colno})"
        raise UserError(f"JSON in each line of {path}", got, "correct that line") from error
    if not isinstance(row, dict):
        got = f"line {number} with a {type(row).__name__}"
        raise UserError(f"a JSON object in each line of {path}", got, "correct that line")
    return row


def _read_parquet(path: Path, wanted: Sequence[str]) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            check_columns(str(path), file.schema_arrow.names, wanted)
            table = file.read(columns=list(dict.fromkeys(wanted)))
    except pyarrow.ArrowException as error:
        raise UserError("a Parquet file", f"{path}: {error}", "check the file") from error
    return Table(str(path), table.to_pydict())


def _read_saved(path: Path, wanted: Sequence[str]) -> dict[str, Table]:
    import datasets

    try:
        found = datasets.load_from_disk(str(path))
    except Exception as error:  # a broken or empty folder raises errors of several libraries
        got = f"{path} ({type(error).__name__}: {error})"
        raise UserError(
            "a folder with rows, written by `save_to_disk` of `datasets`", got, "name a file"
        ) from error
    tables = _from_datasets(found, str(path), wanted)
    return {name: replace(table, folder=path) for name, table in tables.items()}


def _read_hub(name: str, subset: str | None, wanted: Sequence[str]) -> dict[str, Table]:
    import datasets

    try:
        found = datasets.load_dataset(name, subset)
    except Exception as error:  # the hub's client raises errors of several libraries
        reason = f"{type(error).__name__}: {error}"
        raise UserError(
            f"{_ANY_KIND}, with a network for the last", f"{name!r} ({reason})", "check the name"
        ) from error
    return _from_datasets(found, name, wanted)


def _from_datasets(found: Any, origin: str, wanted: Sequence[str]) -> dict[str, Table]:
    splits = found if isinstance(found, dict) else {"train": found}
    several = len(splits) > 1
    return {
        name: _not_empty(_from_split(split, f"{origin} [{name}]" if several else origin, wanted))
        for name, split in splits.items()
    }


def _from_split(split: Any, origin: str, wanted: Sequence[str]) -> Table:
    check_columns(origin, split.column_names, wanted)
    kept = _undecoded(split.with_format(None).select_columns(list(dict.fromkeys(wanted))))
    columns: dict[str, list[Any]] = {name: list(kept[name]) for name in wanted}
    classes = getattr(split.features[wanted[-1]], "names", None)
    if classes is None:
        return Table(origin, columns)
    # A class label of -1 is how the hub marks rows whose label is kept secret.
    labels = columns[wanted[-1]]
    columns[wanted[-1]] = [None if x is None or x < 0 else classes[x] for x in labels]
    return Table(origin, columns, tuple(classes))


def _undecoded(split: Any) -> Any:
    """Images as their bytes and path, so that they take little memory and are decoded once."""
    import datasets

    for name, feature in split.features.items():
        if isinstance(feature, datasets.Image):
            split = split.cast_column(name, datasets.Image(decode=False))
    return split


def _not_empty(table: Table) -> Table:
    if not next(iter(table.columns.values())):
        raise UserError("a data file with rows", f"none in {table.origin}", "fill it")
    return table


def check_columns(origin: str, names: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse a source that lacks a wanted column.

    Raises:
        UserError: Names the columns there are and the nearest one.
    """
    missing = [name for name in wanted if name not in names]
    if missing:
        near = difflib.get_close_matches(missing[0], names, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else "correct the columns under [task]"
        known = ", ".join(map(str, names))
        raise UserError(f"a column among {known} in {origin}", repr(missing[0]), hint)
