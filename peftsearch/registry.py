"""A table of rows by name, ours and those that other packages add."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from peftsearch.errors import ANYTHING, PeftsearchError, UserError
from peftsearch.extensions import broken, load, mistakes, names
from peftsearch.message_text import LONGEST_VALUE, show, suggest

_MOST_TOLD = 8
"""Names of a table that a message has, of however many."""


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
        adopt: Gives what is used in place of another package's row, whose fields are of their
            types; a UserError says that it is broken.
    """

    def __init__(
        self,
        group: str,
        noun: str,
        row_type: type[Row],
        own: Sequence[Row],
        adopt: Callable[[Row], Row] = lambda row: row,
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
            known = "" if hint else f" among {self._tell_known(name)}"
            hint = hint or "correct it, or install the package that adds it"
            raise UserError(f"{self.noun}{known}", repr(name), hint)
        return self[name]

    def _tell_known(self, name: str) -> str:
        """All names; of a long table those that look most alike."""
        known = list(self)
        if (more := len(known) - _MOST_TOLD) > 0:
            known = get_close_matches(name[:LONGEST_VALUE].casefold(), known, _MOST_TOLD, 0.0)
        return ", ".join(map(repr, known)) + (f" and {more} more" if more > 0 else "")

    def usable(self) -> list[Row]:
        """All rows but the broken ones of other packages."""
        broken = dict(self.mistakes()).keys() - self.own.keys()
        return [self[name] for name in self if name not in broken]

    def mistakes(self) -> Iterator[tuple[str, UserError]]:
        """What other packages add in vain: see the function of that name."""
        return mistakes(self.group, self.own, self.__getitem__)

    def _load(self, name: str) -> Row:
        row = load(self.group, name)
        known = self._adopted.get(name)
        if known is None or known[0] is not row:
            known = self._adopted[name] = row, self._adopt(self._copy(row, name))
        return known[1]

    def _copy(self, row: Any, name: str) -> Row:
        """A plain row with the fields of another package's, whose class and properties are its
        own."""
        kind = self._type.__name__
        try:
            if not isinstance(row, self._type) or row.name != name:
                got = show(getattr(row, "name", row))
                raise broken(self.group, name, f"a {kind} behind the entry point", got)
            plain = self._type(**_fields_of(row, self._type))
            wrong = find_mistyped(plain)
        except PeftsearchError:
            raise
        except ANYTHING as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            raise broken(self.group, name, f"fields of the {kind}", wrong)
        return plain


def _fields_of(row: Any, kind: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(kind)}


def find_mistyped(row: Any, prefix: str = "") -> str | None:
    """The first field of a record, or of one within it, whose value is not of its type: which, and
    what is wrong with it."""
    hints = get_type_hints(type(row))
    for field in fields(row):
        name, value = f"{prefix}{field.name}", getattr(row, field.name)
        try:
            TypeAdapter(hints[field.name]).validate_python(value, strict=True)
        except ValidationError as error:
            place = ".".join((name, *(str(x) for x in error.errors()[0]["loc"])))
            return f"{place} {show(value)} ({error.errors()[0]['msg']})"
        if is_dataclass(value) and (within := find_mistyped(value, f"{name}.")):
            return within
    return None
