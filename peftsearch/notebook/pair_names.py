"""What people call the two columns of a pair of texts."""

from collections.abc import Sequence

from peftsearch.workers.data.table import find_name

from .given_rows import PAIR

PROMPTED = (
    ("question", "answer"),
    ("question", "response"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("input", "output"),
)
"""Pairs of which the second may be what a model is to write, where nothing is a label."""
_PAIRS = (
    PAIR,
    ("premise", "hypothesis"),
    *PROMPTED[:2],
    ("question", "sentence"),
    ("question", "passage"),
    ("question", "context"),
    ("query", "document"),
    ("query", "passage"),
    ("prompt", "response"),
    ("claim", "evidence"),
    ("source", "target"),
)
_ENDS = (("1", "2"), ("a", "b"), ("one", "two"), ("left", "right"))
"""Of names that are else the same: `sentence1` and `sentence2`, `text_a` and `text_b`."""
_NUMBERED = ("text", "sentence", "question", "passage", "review", "title", "string", "answer", "s")
_BETWEEN = ("", "_", "-", " ")


def find_pair(names: Sequence[str]) -> tuple[str, ...]:
    """The two columns that are called as pairs are; empty where none are."""
    return _find(names, (*_PAIRS, *_list_numbered()))


def find_prompted(names: Sequence[str]) -> tuple[str, ...]:
    """A prompt and its response, by the names that pairs have as well; empty where none are."""
    return _find(names, PROMPTED)


def _find(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    for pair in pairs:
        found = tuple(x for x in (find_name(names, word) for word in pair) if x is not None)
        if len(found) == len(pair):
            return found
    return ()


def _list_numbered() -> list[tuple[str, str]]:
    return [
        (f"{stem}{gap}{one}", f"{stem}{gap}{other}")
        for stem in _NUMBERED
        for gap in _BETWEEN
        for one, other in _ENDS
    ]
