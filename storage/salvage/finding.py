"""Which table the rows of a damaged file are of."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .cells import INDEX, INTERIOR, LEAF, Cell, cells, children, kind_of
from .pages import Pages

_SCHEMA = 1
"""Page of the table of tables."""


@dataclass
class Found:
    """What a file holds.

    Attributes:
        rows: Of each table that the file still names.
        strays: Of pages that no table leads to any more: some table's.
        unread: Pages that a table leads to and that are none, and rows that are damaged.
    """

    rows: dict[str, list[Cell]] = field(default_factory=lambda: defaultdict(list))
    strays: list[Cell] = field(default_factory=list)
    unread: int = 0


def find_rows(pages: Pages, tables: Sequence[str]) -> Found:
    """Whatever can be read.

    Args:
        tables: Names of those that are of interest.
    """
    found, seen = Found(), set[int]()
    schema = [*_read(pages, _SCHEMA, seen, found)]
    for name, root in _roots(schema):
        if name in tables:
            found.rows[name] += _read(pages, root, seen, found)
    known = {root for name, root in _roots(schema) if name not in tables}
    for number in sorted(set(pages.content) - seen - pages.free() - known):
        if kind_of(pages, number) == LEAF:
            found.strays += _read(pages, number, seen, found)
    return found


def _roots(schema: Sequence[Cell]) -> Iterator[tuple[str, int]]:
    """Names and root pages of the tables, by the rows of the table of tables."""
    for cell in schema:
        if len(cell.values) == 5 and cell.values[0] == "table":
            name, root = cell.values[1], cell.values[3]
            if isinstance(name, str) and isinstance(root, int):
                yield name, root


def _read(pages: Pages, root: int, seen: set[int], found: Found) -> Iterator[Cell]:
    """The rows of a page and of all below it."""
    waiting = [root]
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        kind = kind_of(pages, number)
        if kind == INTERIOR:
            waiting += children(pages, number)
        elif kind == LEAF:
            for cell in cells(pages, number):
                if cell is None:
                    found.unread += 1
                else:
                    yield cell
        else:
            found.unread += kind not in INDEX
