"""The ended trials as columns of JSON, encoded in blocks that are never encoded again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from .points import Point

BLOCK = 500
"""Trials of a block: what a new trial costs to encode is at most so many."""
_COLUMNS: Mapping[str, Callable[[Point], Any]] = {
    "number": lambda x: x.number,
    "event": lambda x: x.event,
    "ended": lambda x: x.ended,
    "seconds": lambda x: x.seconds,
    "state": lambda x: x.state,
    "origin": lambda x: x.origin,
    "key": lambda x: x.key,
    "seed": lambda x: x.seed,
    "words": lambda x: x.words,
    "failure": lambda x: x.failure,
    "cost": lambda x: x.cost,
}


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
    columns = {name: _bare([get(x) for x in points]) for name, get in _COLUMNS.items()}
    names = sorted({name for point in points for name in point.values})
    values = {name: _bare([x.values.get(name) for x in points]) for name in names}
    return Block(len(points), columns, values)


def row(point: Point) -> dict[str, Any]:
    """One trial with the keys of the columns."""
    return {name: get(point) for name, get in _COLUMNS.items()} | {"values": dict(point.values)}


def _bare(values: list[Any]) -> bytes:
    return orjson.dumps(values)[1:-1]


def _values(block: Block, name: str) -> bytes:
    return block.values.get(name) or b",".join([b"null"] * block.count)


def _member(name: str, parts: Sequence[bytes]) -> bytes:
    return orjson.dumps(name) + b":[" + b",".join(parts) + b"]"
