"""How a connection is prepared."""

import shlex
import sqlite3
import string
from pathlib import Path

import pytest
from hypothesis import given, strategies
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from peftsearch.errors import StoreUnavailable, UserError
from peftsearch.storage.connection import (
    _LONG_NUMBER,
    as_argument,
    connect,
    describe,
    file_url,
    parse_url,
)
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


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://x.db", "write sqlite:///x.db"),
        ("sqlite://folder/x.db", "write sqlite:///folder/x.db"),
        ("postgresql://u:corr@Horse99@host/db", "write the @ of a password as %40"),
        ("postgres://u@host:p@Horse99@h/db", "as %40"),
        ("mysql://u:Horse99@host/db", "a database such as"),
        ("postgresql://u:Horse99@host:port/db", "such as .*, with a number as the port"),
        ("postgresql://u:Horse99@[::1]:54x2/db", "with a number as the port behind its host; got"),
        ("postgresql://u@host:/db", "with a number as the port behind its host; got"),
        ("postgresql://user:Horse99/db", "with a number as the port behind its host; got"),
        ("postgresql://u@host:" + "x" * 5000, "with a number as the port behind its host; got"),
        ("sqlite:///" + "x" * 5000, "the path of a database file"),
        ("https://host/" + "x" * 5000, "a database such as"),
        ("x" * 5000 + ":///Horse99", "a database such as"),
    ],
)
def test_a_url_that_is_wrong(url: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        parse_url(url)
    assert "Horse99" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:Horse99@host/db",
        "postgresql://u:a%40Horse99@host/db",
        "postgresql://host/db?user=u&password=Horse99",
    ],
)
def test_people_see_no_password(url: str) -> None:
    for shown in (describe(parse_url(url)), as_argument(url)):
        assert "Horse99" not in shown
        assert "***" in shown


@pytest.mark.parametrize(
    "name", ["runs?.db", "50%25.db", "a b.db", "it's.db", "a@b:c.db", "#1.db"]
)
def test_a_path_names_that_file(tmp_path: Path, name: str) -> None:
    url = file_url(str(tmp_path / name))
    Store.open(url).close()
    assert [x.name for x in tmp_path.iterdir() if not x.name.endswith(("-wal", "-shm"))] == [name]
    assert shlex.split(as_argument(url)) == [str(tmp_path / name)]


@given(
    strategies.lists(
        strategies.one_of(
            strategies.integers(1, 45).map(lambda n: ("1234567890" * 5)[:n]),
            strategies.sampled_from([".", "-", "e", ",", '"', " ", "\n", "é", "٣"]),
        ),
        max_size=6,
    ).map("".join)
)
def test_long_numbers_begin_behind_neither_a_digit_nor_a_point(document: str) -> None:
    begins = [
        i
        for i in range(len(document))
        if all(x in string.digits for x in document[i : i + 19].ljust(19))
        and document[max(0, i - 1) : i] not in {*string.digits, "."}
    ]
    found = _LONG_NUMBER.search(document)
    assert (None if found is None else found.start()) == (begins[0] if begins else None)


def test_whole_numbers_beyond_64_bits_and_long_fractions_keep_their_digits(store: Store) -> None:
    told = {"whole": 12345678901234567890123, "share": 0.00074989420933245591234}
    job = store.create_job(make_spec())
    store.save_report(job.id, "told", told)
    assert store.reports(job.id, "told")[-1] == told
