"""Rows of Parquet: a file, or a folder of files."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError

from .table import Splits, Table, match_columns, name_origins

_SHARD = re.compile(r"(?P<split>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})")
_PART = re.compile(r"(part-)?\d.*|data|part")


def read_parquet(path: Path, wanted: Sequence[str]) -> Table:
    """One file.

    Raises:
        UserError: It is no Parquet file, or lacks a column.
    """
    return _read([path], str(path), wanted, path.parent)


def find_parquet(folder: Path) -> dict[str, list[Path]]:
    """Files by split name; none where there are no Parquet files.

    A split is what stands before `-00000-of-00004`, else a file's own name, else that of the
    subfolder; files that are numbered alone are one split `train`.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() == ".parquet" and not _is_hidden(path.relative_to(folder)):
            found.setdefault(_split_of(path, folder), []).append(path)
    return found


def read_parquet_folder(
    folder: Path, files: Mapping[str, Sequence[Path]], wanted: Sequence[str]
) -> Splits:
    """Tables by split name.

    Args:
        files: What `find_parquet` gave.

    Raises:
        UserError: A part of a split is missing.
    """
    for split, paths in files.items():
        _check_shards(folder, split, paths)
    origins = name_origins(str(folder), list(files))
    return Splits(
        {name: partial(_read, x, origins[name], wanted, folder) for name, x in files.items()}
    )


def _read(paths: Iterable[Path], origin: str, wanted: Sequence[str], folder: Path) -> Table:
    import pyarrow
    import pyarrow.parquet

    columns: dict[str, list[Any]] = {name: [] for name in wanted}
    for path in paths:
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                meant = match_columns(str(path), file.schema_arrow.names, wanted)
                rows = file.read(columns=list(dict.fromkeys(meant))).to_pydict()
        except pyarrow.ArrowException as error:
            raise UserError("a Parquet file", f"{path}: {error}", "check the file") from error
        for name, column in dict(zip(wanted, meant, strict=True)).items():
            columns[name].extend(rows[column])
    return Table(origin, columns, folder=folder)


def _split_of(path: Path, folder: Path) -> str:
    if shard := _SHARD.fullmatch(path.stem):
        return shard["split"]
    if not _PART.fullmatch(path.stem):
        return path.stem
    return path.parent.name if path.parent != folder else "train"


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _check_shards(folder: Path, split: str, paths: Sequence[Path]) -> None:
    shards = [shard for path in paths if (shard := _SHARD.fullmatch(path.stem))]
    counts = {int(shard["count"]) for shard in shards}
    if shards and counts != {len({shard["number"] for shard in shards})}:
        got = f"{len(shards)} in {folder}"
        expected = f"all {max(counts)} Parquet files of the split {split!r}"
        raise UserError(expected, got, "bring the others, or rename these")
