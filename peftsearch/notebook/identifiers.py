"""Columns that tell rows apart, or when they came: neither text nor label."""

from collections.abc import Callable, Sequence
from typing import Any

_IDENTIFIERS = {"id", "ids", "uid", "uuid", "guid", "idx"}
"""The last word of an identifier's name."""
_ROW_NUMBERS = {"", "index", "unnamed: 0"}
"""What programs call a column of row numbers."""
CLASSES = ("label", "labels", "class", "category", "target", "intent", "sentiment", "topic")
"""What people call a column of classes."""
_SIGNS = set("_@/:")
"""Of codes, addresses and paths, beside digits."""
_MOST, _LONGEST_CODE = 0.9, 200
"""Share of a column's values that tell what it is; of those without a digit a few are left."""


def is_identifier(name: str, values: Sequence[Any]) -> bool:
    """Whether values of a column are no more than names of rows, by what the column is called or
    how the values look, or days.

    Args:
        name: Of the column.
        values: That it has; of a text at least half are different.
    """
    words = [str(x).strip() for x in values if x is not None]
    if not words:
        return False
    if _is_called(name) and all(" " not in x for x in words):
        return True
    strings = all(isinstance(x, str) for x in values if x is not None)
    different = len(set(words)) > len(words) // 2
    codes = strings and different and _share(words, _is_code)
    return codes or (strings and _share(words, _is_day))


def _is_called(name: str) -> bool:
    """As identifiers are: `id`, `ticket_id`, `ticketId`; a number of a class is a label."""
    plain = name.strip()
    if plain.casefold() in _ROW_NUMBERS:
        return True
    spaced = "".join(
        f" {x}" if x.isupper() and before.islower() else x
        for before, x in zip(f" {plain}", plain, strict=False)
    )
    *before, last = "".join(x if x.isalnum() else " " for x in spaced).casefold().split() or [""]
    return last in _IDENTIFIERS and not {*before} & {*CLASSES}


def _share(words: Sequence[str], is_one: Callable[[str], bool]) -> bool:
    return sum(map(is_one, words)) >= _MOST * len(words)


def _is_code(word: str) -> bool:
    """One word with digits or signs as in `c7f0-11`, `ORD_19`, `a@b.org`; not of other scripts,
    which may write texts without blanks, nor with the signs of formulas."""
    if len(word) > _LONGEST_CODE or not word.isascii():
        return False
    plain = all(x.isalnum() or x in _SIGNS or x in ".-+" for x in word)
    return plain and any(x.isdigit() or x in _SIGNS for x in word)


def _is_day(word: str) -> bool:
    """`2024-01-31`, `31/1/2024`, with a time behind it or without."""
    head = word[:20].replace("T", " ").split(" ")[0]
    parts = head.replace("/", "-").replace(".", "-").split("-")
    return len(parts) == 3 and all(map(str.isdecimal, parts)) and 4 in map(len, parts)
