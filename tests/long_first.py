"""Which tests come first: those of modules that take long, most of it in waiting for programs.

Processes that share the tests take them from their front. One begins with these and waits, while
the others compute with the rest, and none is left alone with the longest when all else is done. Of
these the tests that start clusters wait most.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

_CLUSTERS = {"ray_cluster", "two_nodes", "plan"}
"""Fixtures that start clusters."""


def find_long(items: Iterable[pytest.Item]) -> set[Path]:
    """Modules with a test that is marked as slow or that starts programs."""
    return {x.path for x in items if x.get_closest_marker("slow") or _asks(x, {"warm_start"})}


def _asks(item: pytest.Item, fixtures: set[str]) -> bool:
    return not fixtures.isdisjoint(getattr(item, "fixturenames", ()))


def put_first(items: list[pytest.Item]) -> None:
    """In place; the tests of a module stay together, since they share what is made once."""
    long, clusters = find_long(items), {x.path for x in items if _asks(x, _CLUSTERS)}
    items.sort(key=lambda item: (item.path not in clusters, item.path not in long))
