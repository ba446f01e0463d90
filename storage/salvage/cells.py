"""The rows that the pages of an SQLite file hold, each by itself."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .pages import Pages

LEAF, INTERIOR = 0x0D, 0x05
"""Kinds of pages of tables."""
INDEX = (0x0A, 0x02)
_LENGTHS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
_BROKEN = (IndexError, KeyError, ValueError, struct.error, OverflowError)
Value = int | float | str | bytes | None


@dataclass(frozen=True)
class Cell:
    """One row of a table.

    Attributes:
        values: As many as its table had columns when it was written.
    """

    rowid: int
    values: tuple[Value, ...]


def kind_of(pages: Pages, number: int) -> int | None:
    """The first byte of a page's content; None where the file has no such page."""
    page = pages.content.get(number)
    return None if page is None else page[_start(number)]


def children(pages: Pages, number: int) -> Iterator[int]:
    """Numbers of the pages below an inner page of a table."""
    page, start = pages.content[number], _start(number)
    for at in _pointers(page, start, 12):
        yield int.from_bytes(page[at : at + 4])
    yield int.from_bytes(page[start + 8 : start + 12])


def cells(pages: Pages, number: int) -> Iterator[Cell | None]:
    """Those of a leaf page; None for each that cannot be read."""
    page, start = pages.content[number], _start(number)
    for at in _pointers(page, start, 8):
        try:
            yield _read_cell(pages, page, at)
        except _BROKEN:
            yield None


def _start(number: int) -> int:
    """The first page begins with the file's header."""
    return 100 if number == 1 else 0


def _pointers(page: bytes, start: int, header: int) -> Iterator[int]:
    count = int.from_bytes(page[start + 3 : start + 5])
    most = (len(page) - start - header) // 2
    for i in range(min(count, most)):
        at = start + header + 2 * i
        yield int.from_bytes(page[at : at + 2])


def _read_cell(pages: Pages, page: bytes, at: int) -> Cell:
    length, at = _varint(page, at)
    rowid, at = _varint(page, at)
    return Cell(rowid - (rowid >> 63 << 64), _read_record(_payload(pages, page, at, length)))


def _payload(pages: Pages, page: bytes, at: int, length: int) -> bytes:
    """That of a cell, with the part that stands on other pages."""
    usable = pages.usable
    if length > usable * len(pages.content):
        raise ValueError("longer than the file")
    local = _count_local(usable, length)
    found = page[at : at + local]
    following = int.from_bytes(page[at + local : at + local + 4]) if local < length else 0
    parts, seen = [found], set[int]()
    left = length - len(found)
    while left > 0:
        if following in seen:
            raise ValueError("a circle")
        seen.add(following)
        more = pages.content[following]
        following, part = int.from_bytes(more[:4]), more[4 : min(usable, 4 + left)]
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _count_local(usable: int, length: int) -> int:
    """Bytes of a payload that stand on its leaf page."""
    most = usable - 35
    if length <= most:
        return length
    least = (usable - 12) * 32 // 255 - 23
    kept = least + (length - least) % (usable - 4)
    return kept if kept <= most else least


def _read_record(payload: bytes) -> tuple[Value, ...]:
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    for kind in kinds:
        length = _LENGTHS[kind] if kind < 12 else (kind - 12) // 2
        part = payload[at : at + length]
        if len(part) < length:
            raise ValueError("cut off")
        values.append(_read_value(kind, part))
        at += length
    return tuple(values)


def _read_value(kind: int, part: bytes) -> Value:
    if kind == 0:
        return None
    if kind == 7:
        return float(struct.unpack(">d", part)[0])
    if kind in (8, 9):
        return kind - 8
    if kind < 12:
        return int.from_bytes(part, signed=True)
    return part.decode() if kind % 2 else part


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where the next begins."""
    value = 0
    for i in range(8):
        byte = data[at + i]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + i + 1
    return value << 8 | data[at + 8], at + 9
