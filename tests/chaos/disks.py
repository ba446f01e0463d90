"""Disks that fill up: of the adapters, of the database and all else, of results that wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.small_disks import fill, mounted

from .faults import Fault
from .ground import Ground

_ROOM = 40_000
"""Bytes that are left, less than an adapter of a job."""
_SECONDS = 20.0


def _full(ground: Ground, disk: Path, room: int) -> int:
    """The disk is full until the command ends by itself, or for some seconds where it need not."""
    taken = fill(disk, room)
    ground.wait(_SECONDS)
    taken.unlink()
    return 1


@contextmanager
def adapters_apart(ground: Ground) -> Iterator[bool]:
    """The adapters, rungs and waiting results of a job are on a small disk."""
    with mounted(ground.files) as there:
        yield there


@contextmanager
def all_apart(ground: Ground) -> Iterator[bool]:
    """The database as well."""
    disk = ground.folder / "disk"
    with mounted(disk) as there:
        ground.url, ground.files = f"sqlite:///{disk / 'jobs.db'}", disk / "files"
        yield there


def fill_adapters(ground: Ground) -> int:
    """No adapter has room any more."""
    return _full(ground, ground.files, _ROOM)


def fill_all(ground: Ground) -> int:
    """Nothing has."""
    return _full(ground, ground.folder / "disk", 0)


def without(stop: Callable[[], None], start: Callable[[], None]) -> Fault:
    """The database is away, and results have no room to wait in."""

    def act(ground: Ground) -> int:
        taken = fill(ground.files)
        stop()
        ground.wait(_SECONDS)
        taken.unlink()
        start()
        return 1

    return act
