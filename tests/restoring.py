"""A database that is taken back to an earlier moment, as from a backup."""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.cluster import find_programs


def back_up(url: str, folder: Path) -> Callable[[], None]:
    """Take a backup; what is returned restores it, over whatever is there by then. Of PostgreSQL
    it is made by `pg_dump`, of SQLite by its own copy of a file that is in use."""
    return _back_up_file(url, folder) if url.startswith("sqlite") else _back_up_schema(url, folder)


def _back_up_file(url: str, folder: Path) -> Callable[[], None]:
    path, kept = Path(url.removeprefix("sqlite:///")), folder / "backup.db"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(kept)) as target:
        source.backup(target)

    def restore() -> None:
        with closing(sqlite3.connect(kept)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)

    return restore


def _back_up_schema(url: str, folder: Path) -> Callable[[], None]:
    programs = find_programs()
    assert programs is not None
    parsed = make_url(url)
    schema = str(parsed.query["options"]).partition("search_path=")[2]
    host, kept = str(parsed.query["host"]), folder / "backup.sql"
    server = ["-h", host, "-U", str(parsed.username), "-d", str(parsed.database)]
    dump = [_find(programs, "pg_dump"), *server, "-n", schema, "-f", str(kept)]
    subprocess.run(dump, check=True)

    def restore() -> None:
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        psql = [_find(programs, "psql"), "-q", "-v", "ON_ERROR_STOP=1", *server]
        subprocess.run([*psql, "-f", str(kept)], check=True, stdout=subprocess.DEVNULL)

    return restore


def _find(programs: Path, name: str) -> str:
    found = shutil.which(name)
    return found or str(programs / name)
