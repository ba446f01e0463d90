"""Which tests come first: those of modules that take long, most of it in waiting for programs.

Processes that share the tests take them from their front. One begins with these and waits, while
the others compute with the rest, and none is left alone with the longest when all else is done.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest


def find_long(items: Iterable[pytest.Item]) -> set[Path]:
    """Modules with a test that is marked as slow or that starts programs."""
    return {item.path for item in items if item.get_closest_marker("slow") or _starts(item)}


def _starts(item: pytest.Item) -> bool:
    return "warm_start" in getattr(item, "fixturenames", ())


def put_first(items: list[pytest.Item]) -> None:
    """In place; the tests of a module stay together, since they share what is made once."""
    long = find_long(items)
    items.sort(key=lambda item: item.path not in long)
