"""The ended trials as columns of JSON, encoded in blocks that are never encoded again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson
from typing_extensions import TypedDict

from peftsearch.records.trial import FailureKind, TrialState

from .points import Point

BLOCK = 500
"""Trials of a block: what a new trial costs to encode is at most so many."""


class PointColumns(TypedDict):
    """Columns of equal length, each but the last an attribute of `Point`."""

    number: list[int]
    event: list[int]
    ended: list[float]
    seconds: list[float]
    state: list[TrialState]
    origin: list[str]
    key: list[str]
    seed: list[int]
    words: list[str]
    failure: list[FailureKind | None]
    cost: list[float]
    values: dict[str, list[float | None]]


_COLUMNS = [name for name in PointColumns.__annotations__ if name != "values"]
_read = attrgetter(*_COLUMNS)


@dataclass(frozen=True)
class Block:
    """Some trials: for each column and each measurement, the values without brackets."""

    count: int
    columns: Mapping[str, bytes]
    values: Mapping[str, bytes]


@dataclass(frozen=True)
class Columns:
    """All ended trials; every block but the last is full."""

    blocks: tuple[Block, ...] = ()

    def extended(self, points: Sequence[Point]) -> "Columns":
        """Of `points`, which begin with those that were there."""
        full = [block for block in self.blocks if block.count == BLOCK]
        rest = range(BLOCK * len(full), len(points), BLOCK)
        return Columns((*full, *(encode(points[i : i + BLOCK]) for i in rest)))

    def since(self, points: Sequence[Point], first: int) -> "Columns":
        """Without the first few of `points`, which are those that are here."""
        whole = -(-first // BLOCK)
        part = points[first : whole * BLOCK]
        return Columns((*([encode(part)] if part else []), *self.blocks[whole:]))

    def body(self, event: int) -> bytes:
        """The whole answer: `{"event": ..., "columns": {...}}`."""
        names = sorted({name for block in self.blocks for name in block.values})
        columns = [_member(name, [x.columns[name] for x in self.blocks]) for name in _COLUMNS]
        values = [_member(name, [_values(x, name) for x in self.blocks]) for name in names]
        parts = b",".join([*columns, b'"values":{' + b",".join(values) + b"}"])
        return b'{"event":%d,"columns":{%b}}' % (event, parts)


def encode(points: Sequence[Point]) -> Block:
    """A block of these trials."""
    read = zip(*map(_read, points), strict=True) if points else ([] for _ in _COLUMNS)
    columns = {name: _bare(list(x)) for name, x in zip(_COLUMNS, read, strict=True)}
    names = sorted({name for point in points for name in point.measurements})
    values = {name: _bare([x.measurements.get(name) for x in points]) for name in names}
    return Block(len(points), columns, values)


def plain_point(point: Point) -> dict[str, Any]:
    """One trial with the keys of `PointColumns`."""
    cells = dict(zip(_COLUMNS, _read(point), strict=True))
    return cells | {"values": dict(point.measurements)}


def _bare(values: list[Any]) -> bytes:
    return orjson.dumps(values)[1:-1]


def _values(block: Block, name: str) -> bytes:
    return block.values.get(name) or b",".join([b"null"] * block.count)


def _member(name: str, parts: Sequence[bytes]) -> bytes:
    return orjson.dumps(name) + b":[" + b",".join(parts) + b"]"
