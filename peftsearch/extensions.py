"""What other installed packages add, by entry points: `peftsearch.samplers` and its like.

Names come from the metadata of what is installed and cost no import; an object is imported when
it is asked for. `docs/extending.md` shows each group at work.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from peftsearch.errors import ANYTHING, UserError


def names(group: str) -> tuple[str, ...]:
    """Names that other packages give to a group, sorted; also those that `load` refuses."""
    return tuple(_points(group))


def load(group: str, name: str) -> Any:
    """The object behind a name of `names(group)`.

    Raises:
        UserError: It cannot be imported, or two packages give that name.
    """
    point = _point(group, name)
    try:
        return point.load()
    except ANYTHING as error:
        raise UserError(
            f"{point.value} of the package {_package(point)} ({group}) to be importable",
            " ".join(f"{type(error).__name__}: {error}".split()),
            f"update or uninstall {_package(point)}",
        ) from error


def provider(group: str, name: str) -> str:
    """Name and version of the package that gives a name of `names(group)`.

    Raises:
        UserError: Two packages do.
    """
    return _version(_point(group, name))


def providers(group: str, name: str) -> str:
    """Name and version of each package that gives a name of `names(group)`."""
    return " and ".join(map(_version, _points(group)[name]))


def broken(group: str, name: str, expected: str, got: str) -> UserError:
    """What to tell of something of another package that does not do what it should.

    Args:
        expected: What it should be or do, as a noun that `of NAME` may follow.
    """
    try:
        package = providers(group, name)
    except KeyError:  # of a row that a program put there
        return UserError(f"{expected} of {name}", got, "mend what adds it")
    hint = f"update or uninstall {package.split()[0]}"
    return UserError(f"{expected} of {name} ({package}, {group})", got, hint)


def mistakes(
    group: str, own: Container[str], find: Callable[[str], object]
) -> Iterator[tuple[str, UserError]]:
    """What other packages add in vain: the name, and why it is not used.

    Args:
        own: Names of ours, which none of theirs replaces.
        find: Gives what stands behind a name; a UserError says that it is broken.
    """
    for name in names(group):
        if name in own:
            expected = f"a name that peftsearch has not ({group})"
            got = f"{name!r} of {providers(group, name)}"
            yield name, UserError(expected, got, "rename it, or uninstall that package")
            continue
        try:
            find(name)
        except UserError as error:
            yield name, error


@cache
def _points(group: str) -> Mapping[str, Sequence[EntryPoint]]:
    """By name, those that lead to different objects."""
    found: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=group)):
        same = found.setdefault(point.name, [])
        if point.value not in {x.value for x in same}:
            same.append(point)
    return found


def _point(group: str, name: str) -> EntryPoint:
    first, *others = _points(group)[name]
    if others:
        packages = " and ".join(map(_package, (first, *others)))
        expected = f"one package that provides {name!r} ({group})"
        raise UserError(expected, packages, "uninstall one of them")
    return first


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "?"


def _version(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "?"
