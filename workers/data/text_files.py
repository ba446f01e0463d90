"""Opening files of text, packed by gzip or not."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

PACKED = ".gz"
FILE_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
"""The formats that are read; those of text may be packed."""


def suffix_of(path: Path) -> str:
    """The ending that tells a file's format, in lower case: of `D.CSV.gz` it is `.csv`."""
    inner = Path(path.stem) if path.suffix.lower() == PACKED else path
    return inner.suffix.lower()


@contextmanager
def open_text(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """UTF-8 text, without a mark of the byte order.

    Args:
        newline: As `open` takes it.
    """
    opened = gzip.open if path.suffix.lower() == PACKED else open
    with opened(path, "rt", encoding="utf-8-sig", newline=newline) as file:
        yield cast(TextIO, file)
