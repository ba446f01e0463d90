"""Mappings that thousands of records keep, of few sets of names: each set is kept once."""

import sys
from collections.abc import Iterator, Mapping
from typing import TypeVar

V_co = TypeVar("V_co", covariant=True)

_PLACES: dict[tuple[str, ...], Mapping[str, int]] = {}
"""Where the value of each name stands, by all names."""


class Compact(Mapping[str, V_co]):
    """A mapping that never changes, in a third of a dictionary's memory."""

    __slots__ = ("_places", "_values")

    def __init__(self, values: Mapping[str, V_co]) -> None:
        names = tuple(values)
        if names not in _PLACES:
            shared = tuple(map(sys.intern, names))
            _PLACES[shared] = {name: i for i, name in enumerate(shared)}
        self._places = _PLACES[names]
        self._values = tuple(values.values())

    def __getitem__(self, name: str) -> V_co:
        return self._values[self._places[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(dict(self))
