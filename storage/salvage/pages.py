"""The pages of an SQLite file as bytes, whatever SQLite says of them.

Offsets and names are those of https://www.sqlite.org/fileformat2.html.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from peftsearch.errors import UserError

_USUAL_SIZE = 4096
_SIZES = {2**power for power in range(9, 17)}
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_WAL_HEADER, _FRAME_HEADER = 32, 24
MAGIC = b"SQLite format 3\0"
"""What each SQLite file begins with."""
_TRIES = 20
"""How often a file is read that somebody writes meanwhile."""


@dataclass(frozen=True)
class Pages:
    """All pages of a file.

    Attributes:
        size: Bytes of each.
        content: By number, from 1 on; what a file that was cut has no more is not there.
    """

    size: int
    content: dict[int, bytes]

    @property
    def usable(self) -> int:
        """Bytes of a page that hold content."""
        reserved = self.content[1][20] if self.has_header else 0
        return self.size - reserved

    @property
    def has_header(self) -> bool:
        """Whether the first page is one."""
        return self.content.get(1, b"").startswith(MAGIC)

    def free(self) -> set[int]:
        """Numbers of the pages that hold nothing any more, as far as they are told."""
        found: set[int] = set()
        trunk = _word(self.content[1], 32) if self.has_header else 0
        while trunk in self.content and trunk not in found:
            page = self.content[trunk]
            count = min(_word(page, 4), self.size // 4 - 2)
            found |= {trunk, *struct.unpack_from(f">{count}I", page, 8)}
            trunk = _word(page, 0)
        return found


def read_pages(path: Path) -> Pages:
    """Read a file, and what was written to its write-ahead log since.

    Raises:
        OSError: It cannot be read.
        UserError: It does not stand still for as long as that takes.
    """
    whole, written = _read_both(path, path.with_name(f"{path.name}-wal"))
    size = _find_size(whole, written)
    cut = range(0, len(whole), size)
    content = {1 + at // size: whole[at : at + size].ljust(size, b"\0") for at in cut}
    for number, page in _committed(written, size):
        content[number] = page
    return Pages(size, content)


def _read_both(path: Path, log: Path) -> tuple[bytes, bytes]:
    """The bytes of a file and of its log, of one moment: between the two, whoever works on the
    database may move pages from the log into the file."""
    for _ in range(_TRIES):
        before = _tell_versions(path, log)
        found = path.read_bytes(), log.read_bytes() if log.is_file() else b""
        if _tell_versions(path, log) == before:
            return found
    got = f"{path}, which changed each time it was read"
    raise UserError("a database that stands still", got, "end what works on it, and save it then")


def _tell_versions(*paths: Path) -> list[tuple[int, int]]:
    """Sizes and times of the last change of those that are there."""
    found = [path.stat() for path in paths if path.is_file()]
    return [(x.st_size, x.st_mtime_ns) for x in found]


def _find_size(whole: bytes, log: bytes) -> int:
    if whole.startswith(MAGIC) and len(whole) >= 18:
        told = struct.unpack_from(">H", whole, 16)[0]
        size = 65536 if told == 1 else told
        if size in _SIZES:
            return int(size)
    if len(log) > _WAL_HEADER and _word(log, 0) in _WAL_MAGIC and _word(log, 8) in _SIZES:
        return _word(log, 8)
    return _USUAL_SIZE


def _committed(log: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """The pages that a log holds up to its last commit, in their order."""
    if len(log) < _WAL_HEADER or _word(log, 0) not in _WAL_MAGIC or _word(log, 8) != size:
        return
    salts, waiting = log[16:24], []
    step = _FRAME_HEADER + size
    for at in range(_WAL_HEADER, len(log) - step + 1, step):
        if log[at + 8 : at + 16] != salts:
            return
        waiting.append((_word(log, at), log[at + _FRAME_HEADER : at + step]))
        if _word(log, at + 4):
            yield from waiting
            waiting = []


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4])
