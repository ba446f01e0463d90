"""What must outlive a power cut is on the disk before anything says that it is there."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path


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
