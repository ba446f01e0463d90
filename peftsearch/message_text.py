"""What every message does with the words and values within it, whoever raises or prints it.

A message is one line. Values are cut, so that a text of thousands of letters does not bury what
was expected of it, and passwords of URLs never appear (`passwords`).
"""

import re
import reprlib
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any

from .passwords import hide, hide_word

LONGEST_VALUE = 80
LONGEST_PATH = 400
LONGEST_MESSAGE = 1_000
"""Of one part of a message: a list of known names may be as long."""
_READ = 2 * LONGEST_MESSAGE
"""Characters that are looked at, from either end: no pattern runs over a text of any length."""
_VALUE = re.compile(r"""(?<!\w)'(?:[^'\\]|\\.)*+'|(?<!\w)"(?:[^"\\]|\\.)*+"|\S++""")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_ROOTS = ("/", "./", "../", "~/", "sqlite:///")
_OF_ONE = {"are": "is", "have": "has", "were": "was"}
_TAIL = 28
"""The end of a value is kept: of a path it is the name."""


def one_line(text: str) -> str:
    """A text as a part of a message: on one line, its values cut, without passwords."""
    words = " ".join(printable(hide(text)).split())
    read = words if len(words) <= 2 * _READ else f"{words[:_READ]}...{words[-_READ:]}"
    return shorten(_VALUE.sub(lambda found: shorten_value(found[0]), read), LONGEST_MESSAGE)


def as_line(text: str) -> str:
    """A text that is to be read whole, such as a command: on one line, without passwords."""
    return shorten(" ".join(printable(hide(text)).split()), LONGEST_MESSAGE)


def printable(text: str) -> str:
    """A text that a terminal only shows: of control characters but blanks their escapes."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def trace(error: BaseException) -> str:
    """Where an error and those that it came of were raised, line by line, without passwords."""
    return hide("".join(traceback.format_exception(error)))


def shorten(text: str, longest: int = LONGEST_VALUE) -> str:
    """A text of at most `longest` characters: its beginning, three dots, and its end."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - _TAIL - 3]}...{text[-_TAIL:]}"


def shorten_value(text: str) -> str:
    """A value in a message: at most 80 characters, but for a path, which a person may copy."""
    return shorten(text, LONGEST_PATH if _is_path(text) else LONGEST_VALUE)


def _is_path(text: str) -> bool:
    bare = text.strip("'\"`()[],;:")
    if "/" not in bare or ("://" in bare and not bare.startswith("sqlite:///")):
        return False
    return bare.startswith(_ROOTS) or not any(letter.isspace() for letter in bare)


def show(value: Any) -> str:
    """Any value as a message shows it, however large or deep it is; a path is whole. What is cut
    has no password any more: none could be told from a half of its URL."""
    if isinstance(value, PurePath):
        value = str(value)
    if isinstance(value, str) and _is_path(value):
        return shorten_value(repr(hide_word(value)))
    return shorten(_SHORT.repr(value))


def show_failed(path: str, error: Exception) -> str:
    """A path and why it cannot be used; the text of the error may repeat the path."""
    return f"{show(path)} ({getattr(error, 'strerror', None) or error})"


def plural(number: int, noun: str) -> str:
    """`1 trial`, `0 trials`, `1,000 trials`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def agree(number: int, verb: str) -> str:
    """The verb of so many: of `repeat` 1 row repeats, of `are` it is, of `have` it has."""
    return _OF_ONE.get(verb, f"{verb}s") if number == 1 else verb


def suggest(name: str, known: Iterable[str], otherwise: str) -> str:
    """A hint to the name that was meant; `otherwise` where none of those known is near: one edit
    away, or one for each three letters."""
    meant = name[:LONGEST_VALUE]
    edits = {x: count_edits(meant, x) for x in get_close_matches(meant, list(known), 9, 0.5)}
    nearest = min(edits, key=lambda x: edits[x], default="")
    near = bool(edits) and edits[nearest] <= max(1, len(meant) // 3)
    return f"did you mean {nearest!r}?" if near else otherwise


def count_edits(left: str, right: str) -> int:
    """The fewest letters to add, leave out, replace, or exchange with their neighbour, from one
    name to the other (optimal string alignment); case is no edit."""
    a, b = left.casefold(), right.casefold()
    before, row = list[int](), list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            edits = [before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other)]
            if i > 1 and j > 1 and (letter, other) == (b[j - 2], a[i - 2]):
                edits.append(earlier[j - 2] + 1)
            row.append(min(edits))
    return row[-1]


class _Short(reprlib.Repr):
    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(hide_word(x), level)

    def repr_instance(self, x: Any, level: int) -> str:
        return (
            self.repr_str(str(x), level)
            if isinstance(x, PurePath)
            else super().repr_instance(x, level)
        )


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = LONGEST_VALUE
_SHORT.maxlevel = 4
