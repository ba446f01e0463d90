"""The images of a table's column.

An image is decoded twice: to check and identify it, and, if a job uses it, to bring it to the
model's size (`batches.image_encoding`). What is kept between is its compressed source, so
photographs of any size fit.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peftsearch.errors import UserError
from peftsearch.workers.runtime.confines import confined_to, lies_within

from .missing_cells import check_present
from .pixels import (
    Pixels,
    UnreadableImage,
    decode_file,
    decode_picture,
    is_unit,
    read_numbers,
    scale,
    spread,
)
from .sources import Table

_KINDS = "paths, file contents, {bytes, path}, PIL images, or numbers of 0 to 255 or 0 to 1"


@dataclass(frozen=True)
class Image:
    """One image.

    Attributes:
        source: A file's content or path, or pixels, `h x w` or `h x w x 3`.
        sha256: Of its pixels and their shape, so that copies in other files are found.
    """

    source: bytes | Path | Pixels
    sha256: str

    @classmethod
    def read(cls, source: bytes | Path | Pixels) -> "Image":
        """Decode it for its hash.

        Raises:
            UnreadableImage: It cannot be decoded.
        """
        pixels = _decode(source)
        digest = hashlib.sha256(str(pixels.shape).encode())
        digest.update(pixels.tobytes())
        return cls(source, digest.hexdigest())

    def pixels(self) -> Pixels:
        """Its pixels, `h x w x 3`."""
        return _decode(self.source)


def _decode(source: bytes | Path | Pixels) -> Pixels:
    return decode_file(source) if isinstance(source, (bytes, Path)) else spread(source)


def read_images(table: Table, column: str) -> list[Image]:
    """The images of `n` rows. Relative paths begin in the table's folder.

    Numbers mean 0 to 255; where no row has one above 1, they mean 0 to 1.

    Raises:
        UserError: A value is missing or is no readable image; names the row and the file.
    """
    check_present(table, column)
    found: list[Image | NDArray[Any]] = []
    for row, value in enumerate(table.columns[column], 1):
        with _explained(table, column, row, value):
            found.append(_read(value, table.folder))
    unit = all(is_unit(x) for x in found if isinstance(x, np.ndarray))
    return [x if isinstance(x, Image) else Image.read(scale(x, unit)) for x in found]


def _read(value: Any, folder: Path | None) -> Image | NDArray[Any]:
    """The image; of numbers, whose range the whole column tells, the array."""
    if isinstance(value, Mapping):
        content = value.get("bytes")
        value = value.get("path") if content is None else content
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Image.read(bytes(value))
    if isinstance(value, (str, Path)):
        return Image.read(_locate(value, folder))
    if hasattr(value, "getbands"):  # a PIL image, without an import of PIL
        return Image.read(decode_picture(value))
    return read_numbers(value)


def _locate(value: str | Path, folder: Path | None) -> Path:
    """The file that a row names. Whoever wrote the row may not be allowed to read all files."""
    roots = confined_to(folder)
    try:
        path = (folder or Path()) / Path(value).expanduser()
        if roots is not None and not lies_within(path, roots):
            raise UnreadableImage("beyond the folders that jobs may read")
        if path.exists() and not path.is_file():  # a pipe may have no end
            raise UnreadableImage("not a file")
    except (OSError, RuntimeError, ValueError) as error:
        raise UnreadableImage("no usable path") from error
    return path if roots is None else path.resolve()


@contextmanager
def _explained(table: Table, column: str, row: int, value: Any) -> Iterator[None]:
    try:
        yield
    except UnreadableImage as error:
        path = value.get("path") if isinstance(value, Mapping) else value
        named = f" ({path})" if isinstance(path, (str, Path)) else ""
        got = f"at row {row}{named} of {table.origin}: {error}"
        raise UserError(f"images in column {column!r}: {_KINDS}", got, "correct it") from error
