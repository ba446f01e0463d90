"""What other installed packages add, by entry points: `peftsearch.samplers` and its like.

Names come from the metadata of what is installed and cost no import; an object is imported when
it is asked for. `docs/extending.md` shows each group at work.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar

from peftsearch.errors import UserError


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


def provider(group: str, name: str) -> str:
    """Name and version of the package that gives a name of `names(group)`."""
    dist = _points(group)[name].dist
    return f"{dist.name} {dist.version}" if dist else "?"


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "?"


class Named(Protocol):
    """A row of a table."""

    @property
    def name(self) -> str:
        """By which job files know it."""


Row = TypeVar("Row", bound=Named)


class Registry(Mapping[str, Row], Generic[Row]):
    """A table by name: our rows, and then those of other packages, which are imported when they
    are asked for. None of those may take the name of one of ours.

    Args:
        group: Of the entry points.
        noun: What a row is called in messages, with its article.
        row_type: What an entry point must lead to.
        own: Our rows.
    """

    def __init__(self, group: str, noun: str, row_type: type[Row], own: Sequence[Row]) -> None:
        self.group, self.noun = group, noun
        self.own: Mapping[str, Row] = {row.name: row for row in own}
        self._type = row_type

    def __getitem__(self, name: str) -> Row:
        """The row; a KeyError where there is none.

        Raises:
            UserError: Another package's row cannot be imported, or is none.
        """
        return self.own[name] if name in self.own else self._load(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self.own or name in self._added())

    def __iter__(self) -> Iterator[str]:
        yield from (*self.own, *self._added())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def find(self, name: str) -> Row:
        """The row of a name that a person wrote.

        Raises:
            UserError: There is none, or it is broken.
        """
        if name not in self:
            known = ", ".join(map(repr, self))
            hint = "correct it, or install the package that adds it"
            raise UserError(f"{self.noun} among {known}", repr(name), hint)
        return self[name]

    def usable(self) -> list[Row]:
        """All rows but the broken ones of other packages."""
        found = []
        for name in self:
            try:
                found.append(self[name])
            except UserError:
                continue
        return found

    def _added(self) -> tuple[str, ...]:
        """Names of other packages' rows.

        Raises:
            UserError: One is a name of ours.
        """
        found = names(self.group)
        if taken := [name for name in found if name in self.own]:
            raise UserError(
                f"{self.noun} of another package under a name that peftsearch has not",
                f"{taken[0]!r} of {provider(self.group, taken[0])}",
                "rename it, or uninstall that package",
            )
        return found

    def _load(self, name: str) -> Row:
        row = load(self.group, name)
        if isinstance(row, self._type) and row.name == name:
            return row
        raise UserError(
            f"a {self._type.__name__} named {name!r} behind the entry point {name} ({self.group})",
            repr(getattr(row, "name", row)),
            "mend or uninstall the package that adds it",
        )
