"""Columns that a person named for a first job file, in place of a guess."""

from dataclasses import dataclass

from peftsearch.errors import UserError
from peftsearch.message_text import shorten, suggest
from peftsearch.workers.data.table import find_name

from .given_rows import Given

_MOST = 2
"""Texts of a row."""


@dataclass(frozen=True)
class Named:
    """Those that were named.

    Attributes:
        text: One, or two of pairs of texts; none where they are to be guessed.
        label: None where it is to be guessed.
    """

    text: tuple[str, ...] = ()
    label: str | None = None

    def __bool__(self) -> bool:
        """Whether any was."""
        return bool(self.text) or self.label is not None

    def check(self) -> None:
        """Refuse what no file could have.

        Raises:
            UserError: There are more texts than a row may have, or a column is named twice.
        """
        if len(self.text) > _MOST:
            got = f"{len(self.text)}"
            raise UserError("one text column, or two for pairs", got, "leave some out")
        columns = [*self.text, *([] if self.label is None else [self.label])]
        if len(set(columns)) < len(columns):
            got = ", ".join(map(repr, columns))
            raise UserError("different columns for text and label", got, "name others")

    def find(self, given: Given) -> "Named":
        """The same as the columns are called there.

        Raises:
            UserError: One is not there.
        """
        label = None if self.label is None else _find(given, self.label, "--label")
        return Named(tuple(_find(given, x, "--text") for x in self.text), label)


NOTHING = Named()
"""All is to be guessed."""


def _find(given: Given, name: str, option: str) -> str:
    found = find_name(given.readers, name)
    if found is None:
        known = shorten(", ".join(given.readers))
        expected = f"a column among {known} of {given.origin} as {option}"
        raise UserError(expected, repr(name), suggest(name, given.readers, "correct it"))
    return found
