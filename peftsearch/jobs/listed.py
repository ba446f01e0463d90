"""The list of a closed space: read from its file at the launch, and looked at item by item."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from peftsearch.errors import UserError, located
from peftsearch.message_text import show, show_failed
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.jobspec.jobtext import check_depth
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.tries import check_values

KEY = "space.configurations"
MOST = 10_000
"""Configurations of a list."""
_LONGEST = 20_000_000
"""Characters of its file."""
_BLANKS = " \t\r\n"


def read_list(spec: JobSpec, folder: Path) -> tuple[JobSpec, list[str]]:
    """The spec with its list in place of the list's file, and where each item stands, for people.

    Raises:
        UserError: The file cannot be read, or is neither a JSON list nor JSON lines.
    """
    listed = spec.space.configurations
    with located(KEY):
        if isinstance(listed, str):
            found = list(_items(_read(folder, listed), listed))
        else:
            items = enumerate(listed or (), 1)
            found = [(f"configuration {i} of {KEY}", x) for i, x in items]
        if len(found) > MOST:
            got = f"{len(found):,}"
            raise UserError(f"at most {MOST:,} configurations", got, "shorten the list")
    kept = tuple(item for _, item in found) or None
    space = spec.space.model_copy(update={"configurations": kept})
    return spec.model_copy(update={"space": space}), [place for place, _ in found]


def check_list(spec: JobSpec, places: Sequence[str]) -> None:
    """Refuse a list with an item that cannot be built on the model or trained by the job.

    Args:
        places: Where each stands, as `read_list` gives them.

    Raises:
        UserError: Says which, and why.
    """
    for place, item in zip(places, spec.space.listed, strict=True):
        try:
            configuration = spec.read_configuration(item)
            check_configuration(configuration, spec.anatomy)
            check_values(configuration, spec, "a configuration")
        except UserError as error:
            expected = f"{error.expected} in {place}"
            raise UserError(expected, error.got, error.hint, KEY) from error


def _read(folder: Path, name: str) -> str:
    path = Path(name)
    try:
        path = folder / path.expanduser()
        if path.exists() and not path.is_file():  # a device may have no end
            raise UserError("a file of configurations", f"{str(path)!r}, no file", "correct it")
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(_LONGEST + 1)
    except FileNotFoundError as error:
        got = f"no file {str(path)!r}"
        raise UserError("a file of configurations", got, "check the path") from error
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, UserError):
            raise
        got = show_failed(str(path), error)
        raise UserError("a readable file of configurations", got, "check the file") from error
    if len(text) > _LONGEST:
        raise UserError(f"a list of at most {_LONGEST:,} characters", "more", "shorten it")
    return text


def _items(text: str, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The place and the configuration of each item; of `peftsearch front` the one within it."""
    values = _of_list(text, name) if text.lstrip().startswith("[") else _of_lines(text, name)
    number = 0
    for number, value in values:
        if not isinstance(value, Mapping):
            _refuse(name, number, show(value))
        check_depth(value)
        inner = value.get("configuration")
        yield f"line {number} of {name}", inner if isinstance(inner, Mapping) else value
    if not number:
        raise UserError("at least one configuration", f"none in {name}", "write one a line")


def _of_lines(text: str, name: str) -> Iterator[tuple[int, Any]]:
    for number, row in enumerate(text.split("\n"), 1):
        if row.strip(_BLANKS):
            value, end = _decode(row, len(row) - len(row.lstrip(_BLANKS)), name, number)
            if row[end:].strip(_BLANKS):
                _refuse(name, number, f"{show(row[end:].strip(_BLANKS))} after it")
            yield number, value


def _of_list(text: str, name: str) -> Iterator[tuple[int, Any]]:
    at, line, follows = text.index("[") + 1, 1 + text.count("\n", 0, text.index("[")), False
    while True:
        start = _skip(text, at)
        line += text.count("\n", at, start)
        if text[start : start + 1] == "]":
            break
        value, end = _decode(text, start, name, line)
        yield line, value
        at = _skip(text, end)
        line += text.count("\n", start, at)
        follows = text[at : at + 1] == ","
        at += follows
        if not follows and text[at : at + 1] != "]":
            _refuse(name, line, "neither a comma nor the end of the list after it")
    if text[start + 1 :].strip(_BLANKS):
        _refuse(name, line, "more after the end of the list")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _decode(text: str, at: int, name: str, line: int) -> tuple[Any, int]:
    decoder = json.JSONDecoder(parse_constant=lambda word: _refuse(name, line, word))
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        _refuse(name, line + text.count("\n", at, error.pos), f"no JSON ({error.msg.lower()})")
    except (ValueError, RecursionError) as error:
        if isinstance(error, UserError):
            raise
        _refuse(name, line, f"what no program reads ({type(error).__name__})")


def _refuse(name: str, line: int, got: str) -> NoReturn:
    expected = f"a configuration as JSON in line {line} of {name}"
    raise UserError(expected, got, "compare with one that `peftsearch front JOB --json` prints")
