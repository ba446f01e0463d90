"""What every message does with the words and values within it, whoever raises or prints it.

A message is one line. Values are cut, so that a text of thousands of letters does not bury what
was expected of it, and passwords of URLs never appear.
"""

import re
import reprlib
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any

LONGEST_VALUE = 80
LONGEST_MESSAGE = 1_000
"""Of one part of a message: a list of known names may be as long."""
_READ = 2 * LONGEST_MESSAGE
"""Characters that are looked at, from either end: no pattern runs over a text of any length."""
_VALUE = re.compile(r"""(?<!\w)'(?:[^'\\]|\\.)*+'|(?<!\w)"(?:[^"\\]|\\.)*+"|\S++""")
_WORD = re.compile(r"""(?<!\w)'(?:[^'\\\n]|\\.)*+'|(?<!\w)"(?:[^"\\\n]|\\.)*+"|\S++""")
"""A quoted value of one line, or what stands between spaces."""
_SECRET = re.compile(r"((?:password|passwd|sslpassword|token)=)[^&\s'\"]++", re.IGNORECASE)
_TAIL = 28
"""The end of a value is kept: of a path it is the name."""


def one_line(text: str) -> str:
    """A text as a part of a message: on one line, its values cut, without passwords."""
    words = " ".join(hide(text).split())
    read = words if len(words) <= 2 * _READ else f"{words[:_READ]}...{words[-_READ:]}"
    return shorten(_VALUE.sub(lambda found: shorten(found[0]), read), LONGEST_MESSAGE)


def as_line(text: str) -> str:
    """A text that is to be read whole, such as a command: on one line, without passwords."""
    return shorten(" ".join(hide(text).split()), LONGEST_MESSAGE)


def hide(text: str) -> str:
    """A text as it is, but for the passwords of the URLs in it."""
    return _WORD.sub(lambda found: hide_word(found[0]), text)


def hide_word(word: str) -> str:
    """Without the password of a URL, whatever letters it has: all between the first colon behind
    the scheme and the last `@`, since a password may hold more of both. A URL that was taken for
    a path has one slash left."""
    scheme, mark, rest = word.partition(":/")
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    if mark and at and colon:
        word = f"{scheme}{mark}{user}:***@{place}"
    return _SECRET.sub(r"\1***", word) if "=" in word else word


def trace(error: BaseException) -> str:
    """Where an error and those that it came of were raised, line by line, without passwords."""
    return hide("".join(traceback.format_exception(error)))


def shorten(text: str, longest: int = LONGEST_VALUE) -> str:
    """A text of at most `longest` characters: its beginning, three dots, and its end."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - _TAIL - 3]}...{text[-_TAIL:]}"


def show(value: Any) -> str:
    """Any value as a message shows it, however large or deep it is. What is cut has no password
    any more: none could be told from a half of its URL."""
    return shorten(_SHORT.repr(value))


def suggest(name: str, known: Iterable[str], otherwise: str) -> str:
    """A hint to the name that was meant; `otherwise` where none of those known is near."""
    near = get_close_matches(name[:LONGEST_VALUE], list(known), 1, 0.5)
    return f"did you mean {near[0]!r}?" if near else otherwise


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
