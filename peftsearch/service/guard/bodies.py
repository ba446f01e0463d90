"""Specs as they come over the network: plain data of a sane shape, and nothing that runs code."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Any

from peftsearch.errors import UserError

DEPTH = 32
_LARGEST = 2**63
_FORBIDDEN = "trust_remote_code"


def check_plain(data: Mapping[str, Any]) -> None:
    """Refuse what no job spec holds and what databases or JSON cannot carry.

    Raises:
        UserError: Too deep, a whole number beyond 64 bits, a number that is not finite, a date,
            text with NUL or half a character, or a key that asks for a model's own code to be run.
    """
    for where, depth, value in _walk(data):
        if where.rpartition(".")[2].strip().lower().replace("-", "_") == _FORBIDDEN:
            raise UserError(
                "a spec without trust_remote_code, since a model's own code is never run here",
                f"the key {where!r}",
                "remove it; models of the families in `GET /techniques` need none",
                where,
            )
        if depth > DEPTH:
            got = f"more at {where[:80]!r}"
            raise UserError(f"data of at most {DEPTH} levels", got, "correct it")
        if trouble := _find_trouble(value):
            raise UserError(f"plain text and numbers at {where!r}", trouble, "correct it", where)


def _walk(data: Mapping[str, Any]) -> Iterator[tuple[str, int, Any]]:
    """Every value with its dotted key and depth, without recursion."""
    todo: list[tuple[str, int, Any]] = [("", 0, data)]
    while todo:
        where, depth, value = todo.pop()
        yield where, depth, value
        items: Any = ()
        if isinstance(value, Mapping):
            items = value.items()
        elif isinstance(value, list):
            items = enumerate(value)
        for key, item in items:
            name = _clean(str(key))
            if name != str(key):
                yield f"{where}.{name}".lstrip("."), depth, str(key)
            todo.append((f"{where}.{name}".lstrip("."), depth + 1, item))


def _find_trouble(value: Any) -> str | None:
    if isinstance(value, str) and _clean(value) != value:
        return f"{value[:80]!r}"
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return "a whole number beyond 64 bits"
    if isinstance(value, float) and not abs(value) < float("inf"):
        return f"the number {value}"
    if isinstance(value, date | time):
        return f"the date or time {value}, which stands in quotes"
    return None


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
