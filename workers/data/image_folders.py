"""Folders of images with one subfolder for each class, and perhaps one above for each split."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from peftsearch.message_text import agree, plural

from .saved_sets import SAVED
from .table import Table

_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


def is_image_folder(path: Path) -> bool:
    """Whether images lie in it as `class/image` or `split/class/image`."""
    if any((path / name).is_file() for name in SAVED):
        return False
    return any(_holds_classes(folder) for folder in (path, *_subfolders(path)))


def read_image_folder(path: Path, wanted: Sequence[str]) -> dict[str, Table]:
    """Tables by split name; the one split `train` where no folder stands above the classes.

    Args:
        wanted: What to call the column of the images' paths, and last that of the classes.
    """
    if _holds_classes(path):
        return {"train": _read_split(path, str(path), wanted)}
    splits = [folder for folder in _subfolders(path) if _holds_classes(folder)]
    return {x.name: _read_split(x, f"{path} [{x.name}]", wanted) for x in splits}


def _read_split(folder: Path, origin: str, wanted: Sequence[str]) -> Table:
    rows = [(image, kind.name) for kind in _subfolders(folder) for image in _images(kind)]
    paths = [str(image.relative_to(folder)) for image, _ in rows]
    columns = {wanted[0]: paths, wanted[-1]: [name for _, name in rows]}
    return Table(origin, columns, folder=folder, notes=_note_others(folder, len(rows)))


def _note_others(folder: Path, images: int) -> tuple[str, ...]:
    files = (file for kind in _subfolders(folder) for file in kind.rglob("*") if file.is_file())
    others = sum(not file.name.startswith(".") for file in files) - images
    found = f"{plural(others, 'file')} of {folder} {agree(others, 'are')}"
    return (f"{found} no image{'' if others == 1 else 's'}, and left out",) if others else ()


def _holds_classes(folder: Path) -> bool:
    return any(_is_image(file) for kind in _subfolders(folder) for file in kind.iterdir())


def _subfolders(folder: Path) -> list[Path]:
    return sorted(x for x in folder.iterdir() if x.is_dir() and not x.name.startswith("."))


def _images(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if _is_image(file))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
