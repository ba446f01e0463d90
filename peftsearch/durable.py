"""Files that others see whole or not at all; and what must outlive a power cut is on the disk
before anything says that it is there."""

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path, durable: bool = False, mode: int = 0o666) -> Iterator[Path]:
    """Gives a new file beside `path`, to be written, that takes its place at the end: whoever
    looks meanwhile sees what was there before. Of what breaks off nothing is left; a process that
    is killed leaves `.NAME.HEX.part`.

    Args:
        durable: Whether it is on the disk, with its name, before this ends.
        mode: Who may read it, as far as the user's mask lets them.

    Raises:
        OSError: It cannot be written.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        yield part
        if durable:
            sync(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if durable:
        sync(path.parent)


def write_whole(path: Path, text: str, durable: bool = False, mode: int = 0o666) -> None:
    """Write a text so, in UTF-8.

    Raises:
        OSError: It cannot be written.
    """
    with replacing(path, durable, mode) as part:
        part.write_text(text, encoding="utf-8")


def write_new(path: Path, text: str) -> None:
    """The same, unless there is a file: of several that write one at once, one does.

    Raises:
        FileExistsError: There is.
        OSError: It cannot be written.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Let the system write down a file's content, or the names that a folder holds.

    Raises:
        OSError: It could not: some systems find only now that the disk is full or broken.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        with _unless_unknown():
            os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """The same for all that is below a folder, and for its own names."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each on the disk with its name.

    Raises:
        OSError: One cannot be made.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


@contextlib.contextmanager
def _unless_unknown() -> Iterator[None]:
    """Some file systems of networks know no such request for folders."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
