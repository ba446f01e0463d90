"""Files of data that people send: kept only where they are data, under a name of their own."""

import asyncio
import contextlib
import filecmp
import itertools
import os
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.message_text import show

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
"""Not of packed files: how large they are is known only once they are unpacked."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Kept:
    """A file that was sent.

    Attributes:
        known: Whether these bytes were there before, under this name.
    """

    path: Path
    known: bool


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
) -> Kept:
    """Write a file that is complete and was checked, or nothing.

    What was sent before under the name is not written again; other bytes get a number.

    Args:
        folder: Made where it is missing.
        check: Raises where the file is none of data; given its path.

    Raises:
        UserError: It is no name, or the folder cannot be written.
    """
    check_name(name)
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with _temporary(folder, name) as part:
        with _explained(folder), part.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
        await asyncio.to_thread(check, part)
        with _explained(folder):
            return await asyncio.to_thread(_place, part, folder)


@contextlib.contextmanager
def _temporary(folder: Path, name: str) -> Iterator[Path]:
    """A path of that name in a folder of its own, which is gone afterwards."""
    with _explained(folder):
        made = tempfile.TemporaryDirectory(dir=folder, prefix=".part-", ignore_cleanup_errors=True)
    with made as inner:
        yield Path(inner) / name


def _place(part: Path, folder: Path) -> Kept:
    """Under the first name that is free or has these bytes. Unlike a rename, a link never replaces
    a file that came meanwhile."""
    part.chmod(0o644)
    for path in _numbered(folder / part.name):
        try:
            os.link(part, path)
        except FileExistsError:
            if path.is_file() and filecmp.cmp(part, path, shallow=False):
                return Kept(path, known=True)
        else:
            return Kept(path, known=False)
    raise AssertionError("numbers do not end")


def _numbered(path: Path) -> Iterator[Path]:
    """`reviews.csv`, `reviews-2.csv`, `reviews-3.csv` and so on."""
    yield path
    for number in itertools.count(2):
        yield path.with_stem(f"{path.stem}-{number}")


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        got = f"{folder}: {error.strerror}"
        raise UserError("a folder that the service can write", got, "make room there") from error
