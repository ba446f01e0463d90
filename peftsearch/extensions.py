"""What other installed packages add, by entry points: `peftsearch.samplers` and its like.

Names come from the metadata of what is installed and cost no import; an object is imported when
it is asked for. `docs/extending.md` shows each group at work.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar

from peftsearch.errors import ANYTHING, UserError
from peftsearch.message_text import suggest


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


class Named(Protocol):
    """A row of a table."""

    @property
    def name(self) -> str:
        """By which job files know it."""


Row = TypeVar("Row", bound=Named)


class Registry(Mapping[str, Row], Generic[Row]):
    """A table by name: our rows, and then those of other packages, which are imported when they
    are asked for. One of those by a name of ours is never used.

    Args:
        group: Of the entry points.
        noun: What a row is called in messages, with its article.
        row_type: What an entry point must lead to.
        own: Our rows.
        adopt: Gives what is used in place of another package's row (and the package's name and
            version); a UserError says that it is broken.
    """

    def __init__(
        self,
        group: str,
        noun: str,
        row_type: type[Row],
        own: Sequence[Row],
        adopt: Callable[[Row, str], Row] = lambda row, package: row,
    ) -> None:
        self.group, self.noun = group, noun
        self.own: Mapping[str, Row] = {row.name: row for row in own}
        self._type, self._adopt = row_type, adopt
        self._adopted: dict[str, tuple[Row, Row]] = {}

    def __getitem__(self, name: str) -> Row:
        """The row; a KeyError where there is none.

        Raises:
            UserError: Another package's row cannot be imported, or is none, or two have that name.
        """
        return self.own[name] if name in self.own else self._load(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self.own or name in names(self.group))

    def __iter__(self) -> Iterator[str]:
        yield from (*self.own, *(x for x in names(self.group) if x not in self.own))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def find(self, name: str) -> Row:
        """The row of a name that a person wrote.

        Raises:
            UserError: There is none, or it is broken.
        """
        if name not in self:
            hint = suggest(name, self, "")
            known = "" if hint else f" among {', '.join(map(repr, self))}"
            hint = hint or "correct it, or install the package that adds it"
            raise UserError(f"{self.noun}{known}", repr(name), hint)
        return self[name]

    def usable(self) -> list[Row]:
        """All rows but the broken ones of other packages."""
        broken = dict(self.mistakes()).keys() - self.own.keys()
        return [self[name] for name in self if name not in broken]

    def mistakes(self) -> Iterator[tuple[str, UserError]]:
        """What other packages add in vain: see the function of that name."""
        return mistakes(self.group, self.own, self.__getitem__)

    def _load(self, name: str) -> Row:
        row = load(self.group, name)
        if isinstance(row, self._type) and row.name == name:
            known = self._adopted.get(name)
            if known is None or known[0] is not row:
                known = row, self._adopt(row, provider(self.group, name))
                self._adopted[name] = known
            return known[1]
        raise UserError(
            f"a {self._type.__name__} named {name!r} behind the entry point {name} ({self.group})",
            repr(getattr(row, "name", row)),
            "mend or uninstall the package that adds it",
        )
