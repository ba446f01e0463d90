"""Files of data that people send: kept only where they are data, under a name of their own."""

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from peftsearch.errors import Conflict, UserError
from peftsearch.message_text import show

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
"""Not of packed files: how large they are is known only once they are unpacked."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_name(name: str) -> None:
    """Refuse what is no plain name of a data file.

    Raises:
        UserError: Says what is one.
    """
    if not _NAME.fullmatch(name) or not name.lower().endswith(SUFFIXES):
        expected = "a name of letters, digits and . _ - that ends in " + ", ".join(SUFFIXES)
        raise UserError(expected, show(name), "rename the file", "name")


async def keep(
    folder: Path, name: str, chunks: AsyncIterator[bytes], check: Callable[[Path], None]
) -> Path:
    """Write a file that is complete and was checked, or nothing.

    Args:
        folder: Made where it is missing.
        check: Raises where the file is none of data; given its path.

    Returns:
        Where it is.

    Raises:
        Conflict: There is a file of that name.
        UserError: It is no name, or the folder cannot be written.
    """
    check_name(name)
    path = folder / name
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_taken(path)
    with _temporary(folder, name) as part:
        with _explained(folder), part.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
        await asyncio.to_thread(check, part)
        with _explained(folder):
            _place(part, path)
    return path


@contextlib.contextmanager
def _temporary(folder: Path, name: str) -> Iterator[Path]:
    """A path of that name in a folder of its own, which is gone afterwards."""
    with _explained(folder):
        made = tempfile.TemporaryDirectory(dir=folder, prefix=".part-", ignore_cleanup_errors=True)
    with made as inner:
        yield Path(inner) / name


def _place(part: Path, path: Path) -> None:
    """Unlike a rename, a link never replaces a file that came meanwhile."""
    try:
        part.chmod(0o644)
        os.link(part, path)
    except FileExistsError:
        _refuse_taken(path)


def _refuse_taken(path: Path) -> None:
    if path.exists() or path.is_symlink():
        got, hint = f"{path.name!r}, which is there", "rename the file"
        raise Conflict("a name that no file of the service has", got, hint, "name")


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        got = f"{folder}: {error.strerror}"
        raise UserError("a folder that the service can write", got, "make room there") from error
