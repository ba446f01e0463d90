"""Which rows must lie on one side of a split: those that a model could know from the other."""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from .label_folding import spell
from .partition import Text

_BETWEEN = re.compile(r"[\W_]+")


def fold_text(text: str) -> str:
    """The text without what tells near-identical ones apart: case, spaces, punctuation, and
    how Unicode writes a letter (NFKC).

    One of nothing else stays as it is.
    """
    return _BETWEEN.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip() or text


def read_group(value: Any) -> str | None:
    """The value of `task.group` as text, `3` and `3.0` as one; None where a row is of no group."""
    return None if value is None else (spell(value) or str(value).strip() or None)


def join_rows(marks: Sequence[Iterable[Hashable]]) -> list[int]:
    """The group of each of `n` rows, as the number of its first row.

    Rows that share a mark are in one group, and so are those that a chain of rows joins.

    Args:
        marks: Of each row.
    """
    parent = list(range(len(marks)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    first: dict[Hashable, int] = {}
    for row, own in enumerate(marks):
        for mark in own:
            one, other = root(first.setdefault(mark, row)), root(row)
            parent[max(one, other)] = min(one, other)
    return [root(row) for row in range(len(marks))]


def fold_row(text: Text) -> Text:
    """`fold_text` of each part of a row."""
    return tuple(map(fold_text, text))
