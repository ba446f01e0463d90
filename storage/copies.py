"""Copies of an SQLite file beside it, such as backups: their jobs are the same, files and all."""

import contextlib
import sqlite3
from pathlib import Path

from .connection import parse_url
from .salvage.pages import MAGIC


def find_copies(url: str, uid: str) -> list[Path]:
    """Other SQLite files in the folder of a database that have the job of that uid; none of a
    database on a server.

    Args:
        url: A checked URL.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return []
    own = Path(parsed.database).resolve()
    beside = (x for x in sorted(own.parent.glob("*")) if x.is_file() and x.resolve() != own)
    return [x for x in beside if _begins_as_one(x) and _has_job(x, uid)]


def _begins_as_one(path: Path) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
    return False


def _has_job(path: Path, uid: str) -> bool:
    query = "SELECT 1 FROM jobs WHERE uid = ?"
    # A reader leaves a log behind, unless it is told that nobody writes.
    used = path.with_name(f"{path.name}-wal").exists()
    place = f"{path.as_uri()}?mode=ro{'' if used else '&immutable=1'}"
    with contextlib.suppress(sqlite3.Error):
        with contextlib.closing(sqlite3.connect(place, uri=True)) as opened:
            return opened.execute(query, (uid,)).fetchone() is not None
    return False
