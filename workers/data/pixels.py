"""Pixels as unsigned bytes of red, green and blue, from image files and from numbers."""

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


class UnreadableImage(Exception):
    """The message says why."""


def decode_file(source: bytes | Path) -> Pixels:
    """The pixels of an image file of any kind that Pillow reads, `h x w x 3`.

    A photograph is turned upright as its EXIF data says; of an animation the first picture is
    taken; transparency is dropped.

    Raises:
        UnreadableImage: No such file, no image, or one that is cut off or far too large.
    """
    from PIL import Image, ImageOps

    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which says nothing about pixels
            with Image.open(file) as image:
                return decode_picture(ImageOps.exif_transpose(image))
    except UnreadableImage:
        raise
    except FileNotFoundError as error:
        raise UnreadableImage("no such file") from error
    except Exception as error:  # decoders of broken files raise errors of many kinds
        raise UnreadableImage(_name(error)) from error


def _name(error: Exception) -> str:
    return "not an image" if type(error).__name__ == "UnidentifiedImageError" else str(error)


def decode_picture(image: Any) -> Pixels:
    """The pixels of a `PIL.Image.Image`, `h x w x 3`.

    Raises:
        UnreadableImage: Its grey values are out of range.
    """
    if image.mode.startswith(("I", "F")):  # Pillow would clip grey values of 16 bits
        grey = np.asarray(image)
        if image.mode.startswith("I;16") or grey.max() > 255:
            grey = grey / 257
        return spread(scale(check_range(grey), image.mode == "F" and is_unit(grey)))
    if "transparency" in image.info:
        image = image.convert("RGBA")
    return np.asarray(image.convert("RGB"))


def read_numbers(values: Any) -> NDArray[Any]:
    """Nested lists or an array as `h x w` or `h x w x 3`.

    Raises:
        UnreadableImage: Ragged, empty, of another shape, not numbers, or out of range.
    """
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise UnreadableImage("rows of different lengths") from error
    if array.dtype.kind not in "buif":
        raise UnreadableImage(f"{type(values).__name__}, neither a file nor numbers")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)):
        shape = " x ".join(map(str, array.shape)) or "one number"
        raise UnreadableImage(f"numbers of shape {shape}, neither h x w nor h x w x 3")
    return check_range(array)


def check_range(array: NDArray[Any]) -> NDArray[Any]:
    """The array, if its values are within 0 to 255.

    Raises:
        UnreadableImage: They are not, or not finite.
    """
    if not (array.min() >= 0 and array.max() <= 255):  # not-a-number fails both
        raise UnreadableImage(f"numbers from {array.min():g} to {array.max():g}")
    return array


def is_unit(array: NDArray[Any]) -> bool:
    """Whether no value exceeds 1, so that 1 may stand for white."""
    return bool(array.max() <= 1)


def scale(array: NDArray[Any], unit: bool) -> Pixels:
    """Values of 0 to 255, or of 0 to 1 where `unit`, as bytes."""
    exact = array.astype(np.float32) * (255 if unit else 1)
    return exact.round().astype(np.uint8)


def spread(array: Pixels) -> Pixels:
    """Grey `h x w` as `h x w x 3`; colours as they are."""
    return array if array.ndim == 3 else np.repeat(array[:, :, None], 3, axis=2)
