"""What a person calls a trial and says of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from peftsearch.errors import UserError

LONGEST_NAME = 64
LONGEST_TEXT = 4_000
"""Characters of a note: some paragraphs."""
_NAME = re.compile(r"[^\W_](?:[\w.+()=-]| (?! )){0,63}+")
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that turn the direction of writing: with them a text looks like another one."""
_EXAMPLE = "name it for example 'small-enough'"


@dataclass(frozen=True)
class TrialNote:
    """The name and the note of one trial; a trial without either has no record.

    Attributes:
        trial: Its number.
        name: Unlike that of any other trial of the job, whatever the case.
        text: Of any number of lines.
        changed: In seconds since the epoch, on the database's clock.
    """

    trial: int
    name: str | None
    text: str | None
    changed: float


def check_name(name: str) -> str:
    """The name without blanks around it.

    Raises:
        UserError: It is too long, or has characters other than letters, digits, single blanks and
            `_ . + ( ) = -`, or begins with one of these.
    """
    bare = name.strip()
    if not _NAME.fullmatch(bare):
        expected = f"a name of at most {LONGEST_NAME} letters, digits, blanks and _ . + ( ) = -"
        raise UserError(f"{expected}, a letter or a digit first", repr(bare), _EXAMPLE)
    return bare


def check_text(text: str) -> str:
    """The note without blanks around it, and without what turns the direction of writing.

    Raises:
        UserError: It is too long.
    """
    bare = text.translate(_TURNS).strip()
    if len(bare) > LONGEST_TEXT:
        expected = f"a note of at most {LONGEST_TEXT:,} characters"
        raise UserError(expected, f"{len(bare):,}", "keep the rest in a file and name that")
    return bare


def by_trial(notes: Iterable[TrialNote]) -> Mapping[int, TrialNote]:
    """The notes by their trials' numbers."""
    return {note.trial: note for note in notes}


def find_named(name: str, notes: Iterable[TrialNote]) -> TrialNote | None:
    """That of the trial of a name, in any case; None where there is none."""
    folded = name.strip().casefold()
    return next((x for x in notes if x.name is not None and x.name.casefold() == folded), None)
