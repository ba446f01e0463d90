"""What trials are called: the pick that a name means, and names beside what is shown of trials."""

import re
from collections.abc import Iterable, Mapping, Sequence

from peftsearch.errors import NotFoundError, UserError
from peftsearch.message_text import as_line, shorten, suggest
from peftsearch.records.trial_note import TrialNote, check_name, find_named

from .picks.rules import find_rule

_TAKEN = re.compile(r"(?:t|trials?|rows?)?\s*+\d++|\w++ where( .*+)?", re.IGNORECASE)
"""What a pick means already, or may be thought to."""
_WORD = re.compile(r"trial\s++(.*+)", re.IGNORECASE | re.DOTALL)
_LONGEST = 200
"""Characters of a note in a table."""


def check_pickable(name: str) -> None:
    """Refuse a name that a pick could not mean.

    Raises:
        UserError: It is a rule, a number, or a sentence, or cannot be stored.
    """
    bare = check_name(name)
    if is_taken(bare):
        expected = "a name that means nothing else where a configuration is picked"
        raise UserError(expected, repr(bare), "add a word to it")


def is_taken(text: str) -> bool:
    """Whether a text means something as a pick, so that no trial is called so."""
    bare = text.strip()
    return find_rule(bare) is not None or _TAKEN.fullmatch(bare) is not None


def find_number(trial: int | str, notes: Iterable[TrialNote]) -> int:
    """Of a trial by its number or its name.

    Raises:
        NotFoundError: None has that name.
    """
    known = list(notes)
    bare = str(trial).strip()
    if bare.isascii() and bare.isdigit() and len(bare) < 10:
        return int(bare)
    found = find_named(bare, known)
    if found is None:
        names = [x.name for x in known if x.name]
        hint = suggest(bare, names, "see `peftsearch show`")
        raise NotFoundError("the number or the name of a trial", repr(bare), hint)
    return found.trial


def read_pick(text: str, notes: Iterable[TrialNote]) -> str:
    """The pick that `text` means: `trial N` of a trial's name, else of one with `trial` before it;
    any other text as it is."""
    known = list(notes)
    match = _WORD.fullmatch(text.strip())
    found = find_named(text, known) or (find_named(match[1], known) if match else None)
    return text if found is None else f"trial {found.trial}"


def names_of(numbers: Iterable[int], notes: Mapping[int, TrialNote]) -> list[str]:
    """The names of those trials that have one."""
    return [note.name for x in numbers if (note := notes.get(x)) and note.name]


def with_names(words: str, numbers: Sequence[int], notes: Mapping[int, TrialNote]) -> str:
    """A configuration in words, after the names of its trials."""
    names = names_of(numbers, notes)
    return f"{', '.join(f'“{x}”' for x in names)}: {words}" if names else words


def with_note(words: str, number: int, notes: Mapping[int, TrialNote]) -> str:
    """The same of one trial, with its note on the same line."""
    note = notes.get(number)
    text = "" if note is None or not note.text else f" (note: {tell_text(note.text)})"
    return with_names(words, [number], notes) + text


def tell_text(text: str) -> str:
    """A note on one line, cut."""
    return shorten(as_line(text), _LONGEST)
