"""The text of a job file, to plain data and back: TOML, YAML, and JSON as programs write it."""

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import tomli_w
import yaml

from peftsearch.errors import UserError
from peftsearch.message_text import show

from .yamltext import load_yaml, looks_like_yaml

LONGEST = 100_000
"""Characters; a job file is some thousand."""
DEEPEST = 50
"""Lists and tables within one another; a job file has six."""
_MOST_DOTS = 100
"""In one line: reading a key of n parts takes time n^3, so that thousands would keep a service
busy for minutes. Only a list of a hundred fractions would have as many."""


def read_text(text: str) -> dict[str, Any]:
    """Plain data of a job file; JSON where it begins with a brace, YAML where it begins with a key
    and a colon. It is not checked as a spec.

    Raises:
        UserError: It is none of them; `where` is its line, such as `line 3`.
    """
    text = text.removeprefix("\ufeff")  # which some editors put before a text
    if len(text) > LONGEST:
        raise UserError(f"a job file of at most {LONGEST:,} characters", "more", "shorten it")
    if not text.strip():
        raise UserError("a job file, TOML, YAML or JSON", "nothing", "paste the text of one")
    try:
        found = _reader(text)(text)
    except RecursionError as error:
        raise _too_deep() from error
    check_depth(found)
    return found


def _reader(text: str) -> Callable[[str], dict[str, Any]]:
    if text.lstrip().startswith("{"):
        return _read_json
    return _read_yaml if looks_like_yaml(text) else _read_toml


def check_depth(data: Mapping[str, Any]) -> None:
    """Refuse plain data that who reads it by recursion, as most do, would fail of.

    Raises:
        UserError: Lists and tables stand within one another more than `DEEPEST` times.
    """
    level: list[Any] = [data]
    for _ in range(DEEPEST):
        inner = [x.values() if isinstance(x, Mapping) else x for x in level]
        level = [x for values in inner for x in values if isinstance(x, (Mapping, list))]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> UserError:
    got = f"more than {DEEPEST} lists or tables within one another, as if without end"
    return UserError("a job file", got, "correct it")


def _read_toml(text: str) -> dict[str, Any]:
    for number, row in enumerate(text.split("\n"), 1):
        if row.count(".") > _MOST_DOTS:
            raise _at(number, f"lines with at most {_MOST_DOTS} dots", f"{row[:40]!r} and more")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, _, place = str(error).rpartition(" (at ")
        line = place.removeprefix("line ").partition(",")[0]
        last = text.rstrip().count("\n") + 1
        raise _at(int(line) if line.isdecimal() else last, "TOML", said) from error
    except ValueError as error:
        raise _too_long(error) from error


def _read_json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise _at(error.lineno, "JSON", error.msg) from error
    except ValueError as error:
        raise _too_long(error) from error
    assert isinstance(found, dict)  # it begins with a brace
    return found


def _read_yaml(text: str) -> dict[str, Any]:
    try:
        found = load_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _at(line, "YAML of plain data", error.problem or "another text") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _at(line, "YAML", f"a character it has not, {chr(error.character)!r}") from error
    except ValueError as error:
        raise _too_long(error) from error
    if not isinstance(found, dict):
        got = "nothing" if found is None else f"a {type(found).__name__}"
        raise UserError("YAML with keys, such as `model:`", got, "correct it")
    return found


def _at(line: int, expected: str, got: str) -> UserError:
    return UserError(expected, got[:1].lower() + got[1:], "correct that line", f"line {line}")


def _too_long(error: ValueError) -> UserError:
    """Python reads no whole number of thousands of digits."""
    return UserError("numbers that fit 64 bits", str(error), "correct the number")


def write_text(data: Mapping[str, Any]) -> str:
    """TOML of plain data, with lists of simple values on one line each.

    What is None is left out, since TOML has no null: an absent key means the same.

    Raises:
        UserError: A list holds None.
    """
    return _fold(tomli_w.dumps(_without_none(data)))


def _without_none(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _without_none(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        if None in data:
            raise UserError("a value in each place of a list", show(data), "fill it in")
        return [_without_none(value) for value in data]
    return data


def _fold(text: str) -> str:
    """Lists on one line: `tomli_w` gives a line to each item.

    No text within it spans lines, so that a line which ends with a bracket opens a list and one
    which begins with one closes it. Only line feeds end lines: others may stand in a text.
    """
    lines, open_lists = list[str](), 0
    for line in text.removesuffix("\n").split("\n"):
        part = line.strip()
        closes = part.startswith("]")
        if open_lists and closes:
            lines[-1] = f"{lines[-1].removesuffix(',')}{part}"
        elif open_lists:
            lines[-1] += part if lines[-1].endswith("[") else f" {part}"
        else:
            lines.append(line)
        open_lists += part.endswith("[") - closes
    return "\n".join(lines) + "\n"
