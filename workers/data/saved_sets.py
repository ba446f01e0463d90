"""Rows of what `datasets` reads: its own folders, and data sets of the hub."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.workers.runtime.confines import check_plain_names
from peftsearch.workers.runtime.hub import asked_if_known, why_not

from .table import Splits, Table, match_columns, name_origins

SAVED = ("dataset_dict.json", "dataset_info.json", "state.json")
"""What `datasets` writes into a folder of its own."""


def read_saved(path: Path, wanted: Sequence[str]) -> Splits:
    """Tables by split name of a folder.

    Raises:
        UserError: `datasets` did not write it, or it is broken.
    """
    import datasets

    _check_names(path)
    try:
        found = datasets.load_from_disk(str(path))
    except Exception as error:  # a broken or empty folder raises errors of several libraries
        got = f"{path} ({type(error).__name__}: {error})"
        raise UserError(
            "a folder with rows: of Parquet files, or written by `save_to_disk` of `datasets`",
            got,
            "name a file",
        ) from error
    return _from_datasets(found, str(path), wanted, path)


def _check_names(folder: Path) -> None:
    """Of the files that its notes lead to; unreadable notes are told of by `datasets`."""
    for note in sorted(x for name in _NAMING for x in folder.rglob(name)):
        try:
            said = json.loads(note.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(said, dict):
            check_plain_names(_NAMING[note.name](said), note, "save the data set again")


def _names_of_files(said: Mapping[str, Any]) -> list[Any]:
    files = said.get("_data_files")
    return [x.get("filename") if isinstance(x, dict) else x for x in _list(files)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_NAMING: Mapping[str, Callable[[Mapping[str, Any]], list[Any]]] = {
    "state.json": _names_of_files,
    "dataset_dict.json": lambda said: _list(said.get("splits")),
}
"""What each note names."""


def read_hub(name: str, subset: str | None, wanted: Sequence[str], kinds: str) -> Splits:
    """Tables by split name of a data set of the hub.

    Args:
        kinds: What a source may be, for the message.

    Raises:
        UserError: There is none of that name, or no network.
    """
    import datasets

    try:
        with asked_if_known():
            found = datasets.load_dataset(name, subset)
    except Exception as error:  # the hub's client raises errors of several libraries
        got = f"{name!r}: no such file, and the hub gave none ({why_not(error)})"
        raise UserError(kinds, got, "check the path and the network") from error
    return _from_datasets(found, name, wanted, None)


def _from_datasets(found: Any, origin: str, wanted: Sequence[str], folder: Path | None) -> Splits:
    splits = found if isinstance(found, dict) else {"train": found}
    origins = name_origins(origin, list(splits))
    return Splits(
        {
            name: partial(read_columns, x, origins[name], wanted, folder)
            for name, x in splits.items()
        }
    )


def read_columns(
    split: Any, origin: str, wanted: Sequence[str], folder: Path | None = None
) -> Table:
    """Columns of a `datasets.Dataset`; where the last one is a class label, by the names of its
    classes.

    Raises:
        UserError: There is no such column.
    """
    meant = match_columns(origin, split.column_names, wanted)
    kept = _undecoded(split.with_format(None).select_columns(list(dict.fromkeys(meant))))
    named = dict(zip(wanted, meant, strict=True))
    columns: dict[str, list[Any]] = {name: list(kept[column]) for name, column in named.items()}
    table = Table(origin, columns, folder=folder)
    classes = getattr(split.features[meant[-1]], "names", None)
    if classes is None:
        return table
    # A class label of -1 is how the hub marks rows whose label is kept secret.
    labels = columns[wanted[-1]]
    columns[wanted[-1]] = [None if x is None or x < 0 else classes[x] for x in labels]
    return replace(table, classes=tuple(classes))


def _undecoded(split: Any) -> Any:
    """Images as their bytes and path, so that they take little memory and are decoded once."""
    import datasets

    for name, feature in split.features.items():
        if isinstance(feature, datasets.Image):
            split = split.cast_column(name, datasets.Image(decode=False))
    return split
