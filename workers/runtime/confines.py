"""What files that others wrote may name: files beside themselves, and under the data folders of a
service, which tells them to its child processes."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show

VARIABLE = "PEFTSEARCH_DATA_ROOTS"
"""Folders that jobs may read, as `os.pathsep` joins them; unset where any."""


def confined_to(beside: Path | None) -> list[Path] | None:
    """Folders, links resolved, that what a file names must lie in; None where anywhere.

    Args:
        beside: The file's own folder, which was looked at before; None for a hub data set, whose
            files lie in the hub's cache.
    """
    told = os.environ.get(VARIABLE)
    if told is None:
        return None
    roots = [Path(x) for x in told.split(os.pathsep) if x]
    return [x.resolve() for x in (*roots, beside or _hub_cache())]


def lies_within(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path, links resolved, lies in one of some resolved folders.

    Raises:
        OSError, RuntimeError, ValueError: It is no usable path.
    """
    real = path.resolve()
    return any(real.is_relative_to(folder) for folder in folders)


def check_plain_names(names: Iterable[Any], file: Path, hint: str) -> None:
    """Refuse names by which a file leads elsewhere than to its own folder.

    Raises:
        UserError: One is no text, or holds `/`, `\\` or `..`.
    """
    for name in names:
        if not isinstance(name, str) or name in ("", ".", "..") or set(name) & set("/\\\0"):
            got = f"{show(name)} in {file}"
            raise UserError("plain names of files beside it", got, hint)


def _hub_cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HOME)
