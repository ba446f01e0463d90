"""How a connection is prepared."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from peftsearch.errors import StoreUnavailable
from peftsearch.storage.connection import connect, parse_url
from peftsearch.storage.schema import front_entries
from peftsearch.storage.store import Store
from peftsearch.storage.transactions import run_read
from tests.specs import make_spec

from .examples import LEASE, insert, make_proposal


def test_sqlite_keeps_a_write_ahead_log_and_checks_references(tmp_path: Path) -> None:
    with connect(parse_url(f"sqlite:///{tmp_path}/search.sqlite")) as connection:
        pragmas = ["journal_mode", "foreign_keys", "busy_timeout"]
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas]
    assert found == ["wal", 1, 30_000]


def test_references_are_checked_on_both_databases(database_url: str) -> None:
    row = {"job_id": 999, "key": "0", "means": {}, "trial_numbers": [], "entered_event": 1}
    with (
        connect(parse_url(database_url)) as connection,
        pytest.raises(DBAPIError, match="(?i)foreign key"),
        connection.execution_options(writes=True).begin(),
    ):
        connection.execute(front_entries.insert().values(row))


def test_a_read_sees_one_moment(database_url: str, store: Store) -> None:
    with Store.open(database_url) as other, connect(parse_url(database_url)) as connection:

        def count_twice() -> list[int]:
            counts = []
            for name in ("first", "second"):
                query = text("SELECT count(*) FROM jobs")
                counts.append(connection.execute(query).scalar_one())
                other.create_job(make_spec(name))
            return counts

        assert run_read(connection, count_twice) == [0, 0]
    assert len(store.jobs()) == 2


def test_a_locked_file_is_unavailable_and_can_be_written_later(tmp_path: Path) -> None:
    path = tmp_path / "search.sqlite"
    with Store.open(f"sqlite:///{path}?timeout=0.01") as store:
        job = store.create_job(make_spec())
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert store.find_job("job") == job
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="database is locked"):
                store.claim(job.id, "w", LEASE)
        other.execute("ROLLBACK")
        other.close()
        assert store.claim(job.id, "w", LEASE) is None
        assert len(insert(store, job.id, [make_proposal(0)])) == 1
