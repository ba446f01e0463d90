"""Where a task's data comes from: files, folders of files, hub ids."""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.message_text import show

from .delimited import read_plain, read_quoted
from .json_rows import read_json, read_json_lines
from .parquet import find_parquet, read_parquet, read_parquet_folder
from .saved_sets import SAVED, read_hub, read_saved
from .table import MissingColumn, Splits, Table, check_filled
from .text_files import FILE_SUFFIXES, PACKED, suffix_of

__all__ = ["Table", "read_source"]

_Reader = Callable[[Path, Sequence[str]], Table]
_TEXTS: Mapping[str, _Reader] = {
    ".csv": read_quoted,
    ".tsv": read_plain,
    ".json": read_json,
    ".jsonl": read_json_lines,
}
_HUB_ID = re.compile(r"[\w.-]++(/[\w.-]++)?")
_NO_COLUMN = "\0"
"""What no source calls a column: asked for it, a source names those that it has."""
_ANY_KIND = f"a {', '.join(FILE_SUFFIXES)} file, a folder written by `datasets` or a hub id"


def read_source(
    source: str, subset: str | None, wanted: Sequence[str], reading: int = 2
) -> Mapping[str, Table]:
    """Tables by split name; a file has the one split `train`.

    Args:
        source: A file, a folder of Parquet files or one written by `datasets`, or a hub id.
        subset: Configuration name of a hub data set.
        wanted: The columns to read; a label is the last one.
        reading: Rules of reading (`task.reading`); by the first ones a TSV has quoted fields.

    Raises:
        UserError: The source is missing, unreadable, empty, or lacks a column.
    """
    path = Path(source)
    if path.is_dir():
        try:
            return _read_single(_read_folder(path, wanted))
        except OSError as error:  # of a folder within that is closed, or goes meanwhile
            got = f"{path}: {error}"
            raise UserError("a readable folder of data", got, "check the folder") from error
    if path.is_file():
        table = check_filled(_read_file(path, wanted, reading))
        return {"train": replace(table, folder=path.parent)}
    if is_missing(source):
        raise UserError(*_tell_missing(source))
    return _read_single(read_hub(source, subset, wanted, _ANY_KIND))


def list_columns(source: str, subset: str | None = None) -> tuple[str, ...]:
    """Names of the columns that a source has, of several splits in the first.

    Args:
        source: As `read_source` takes it.
        subset: Configuration name of a hub data set.

    Raises:
        UserError: As `read_source`.
    """
    try:
        tables = read_source(source, subset, (_NO_COLUMN,))
        tables[next(iter(tables))]
    except MissingColumn as error:
        return error.known
    return ()


def check_there(sources: Mapping[str, str | None]) -> None:
    """Refuse files that are not there, all of them at once. Nothing is read.

    Args:
        sources: By what keys of a job they are named.

    Raises:
        UserError: One is missing.
    """
    found = [x for x in sources.items() if x[1] is not None and is_missing(x[1])]
    missing = [UserError(*_tell_missing(str(source)), where) for where, source in found]
    if missing:
        missing[0].join(*missing[1:])
        raise missing[0]


def is_missing(source: str) -> bool:
    """Whether it names a file that is not there, and by its looks no hub id. Nothing is read."""
    path = Path(source)
    named_as_file = suffix_of(path) in FILE_SUFFIXES or not _HUB_ID.fullmatch(source)
    return named_as_file and not (path.is_file() or path.is_dir())


def _tell_missing(source: str) -> tuple[str, str, str]:
    return _ANY_KIND, f"no file {show(source)}", "check the path"


def _read_single(splits: Splits) -> Splits:
    """Read the only split at once, so that what is wrong with it is told here."""
    if len(splits) == 1:
        splits[next(iter(splits))]
    return splits


def _read_folder(path: Path, wanted: Sequence[str]) -> Splits:
    written = any((path / name).is_file() for name in SAVED)
    if not written and (files := find_parquet(path)):
        return read_parquet_folder(path, files, wanted)
    return read_saved(path, wanted)


def _read_file(path: Path, wanted: Sequence[str], reading: int) -> Table:
    suffix = suffix_of(path)
    packed = path.suffix.lower() == PACKED
    readers = _TEXTS if packed else {**_TEXTS, ".parquet": read_parquet}
    if suffix not in readers:
        supported = ", ".join(FILE_SUFFIXES)
        expected = f"a data file with suffix {supported}, those of text also with {PACKED}"
        raise UserError(expected, show(str(path)), "convert it")
    read = read_quoted if suffix == ".tsv" and reading == 1 else readers[suffix]
    try:
        return read(path, wanted)
    except UnicodeDecodeError as error:
        raise UserError(f"UTF-8 text in {path}", str(error), "convert the file") from error
    except (OSError, EOFError, zlib.error) as error:  # the last two of a packed file that is cut
        raise UserError("a readable data file", f"{path}: {error}", "check the file") from error
