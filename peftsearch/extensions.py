"""What other installed packages add, by entry points: `peftsearch.samplers` and its like.

Names come from the metadata of what is installed and cost no import; an object is imported when
it is asked for. `docs/extending.md` shows each group at work.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from .errors import UserError


def names(group: str) -> tuple[str, ...]:
    """Names that other packages give to a group, sorted.

    Raises:
        UserError: Two packages give the same one.
    """
    return tuple(_points(group))


def load(group: str, name: str) -> Any:
    """The object behind a name of `names(group)`.

    Raises:
        UserError: It cannot be imported.
    """
    point = _points(group)[name]
    try:
        return point.load()
    except Exception as error:  # A stranger's module may raise anything.
        raise UserError(
            f"{point.value} of the package {_package(point)} ({group}) to be importable",
            f"{type(error).__name__}: {error}",
            f"update or uninstall {_package(point)}",
        ) from error


@cache
def _points(group: str) -> Mapping[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group)):
        first = found.setdefault(point.name, point)
        if first.value != point.value:
            raise UserError(
                f"one package that provides {point.name!r} ({group})",
                f"{_package(first)} and {_package(point)}",
                "uninstall one of them",
            )
    return found


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "?"
