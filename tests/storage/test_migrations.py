"""The revisions lead to the models, on both databases, from every old schema."""

import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

import peftsearch.storage.migrations as migrations
from peftsearch.errors import UserError
from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.storage.connection import connect, parse_url
from peftsearch.storage.schema import metadata
from peftsearch.storage.store import Store
from tests.specs import make_spec

from .examples import LEASE, complete

ASSETS = Path(__file__).parent / "assets"
OLD_FILES = sorted(ASSETS.glob("revision_*.sqlite"))


def _begin(url: str) -> Connection:
    connection = connect(parse_url(url))
    connection.execution_options(writes=True)
    connection.begin()
    return connection


def _execute(url: str, statement: str) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(statement))


def test_the_migrated_schema_equals_the_models(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        options = {"version_table": migrations.VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_names_of_constraints_are_those_of_the_models(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        found = inspect(connection)
        for table in metadata.sorted_tables:
            keys = found.get_foreign_keys(table.name)
            assert {key["name"] for key in keys} == {
                key.name for key in table.foreign_key_constraints
            }
            assert found.get_pk_constraint(table.name)["name"] == table.primary_key.name


def test_head_is_the_newest_of_one_line_of_revisions() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [migrations.HEAD]


def test_opening_again_changes_nothing(empty_url: str) -> None:
    with Store.open(empty_url) as store:
        assert store.jobs() == []
    with Store.open(empty_url) as store:
        assert store.jobs() == []


def test_who_opens_during_a_migration_waits_for_it(empty_url: str) -> None:
    with ThreadPoolExecutor(1) as pool, _begin(empty_url) as connection:
        migrations.migrate(connection)
        opened = pool.submit(Store.open, empty_url)
        # Time to get stuck; one that comes later finds the migration done, which is fine too.
        time.sleep(0.3)
        connection.commit()
        with opened.result() as store:
            assert store.jobs() == []


def test_threads_migrate_different_databases_at_once(tmp_path: Path) -> None:
    start = threading.Barrier(4)

    def open_own(index: int) -> list[Job]:
        start.wait()
        with Store.open(f"sqlite:///{tmp_path}/{index}.sqlite") as store:
            store.create_job(make_spec(f"job{index}"))
            return store.jobs()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(open_own, range(4)))
    assert [[job.name for job in jobs] for jobs in found] == [[f"job{x}"] for x in range(4)]


def test_a_migration_that_breaks_leaves_nothing(empty_url: str) -> None:
    with _begin(empty_url) as connection:
        migrations.migrate(connection)
        assert inspect(connection).has_table("trials")
        connection.rollback()
    with create_engine(empty_url, poolclass=NullPool).connect() as connection:
        assert inspect(connection).get_table_names() == []


def test_a_newer_schema_is_refused_in_one_line(empty_url: str) -> None:
    Store.open(empty_url).close()
    _execute(empty_url, f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(UserError, match="schema 9999.*update peftsearch") as caught:
        Store.open(empty_url)
    assert "\n" not in str(caught.value)


def test_another_programs_database_is_refused(empty_url: str) -> None:
    _execute(empty_url, "CREATE TABLE trials (id INTEGER)")
    with pytest.raises(UserError, match="another program with the tables trials"):
        Store.open(empty_url)


def test_each_old_schema_has_an_asset() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    revisions = {script.revision for script in scripts.walk_revisions()}
    assert {path.stem.removeprefix("revision_") for path in OLD_FILES} == revisions


@pytest.mark.parametrize("path", OLD_FILES, ids=lambda path: path.stem)
def test_an_old_file_is_read_and_goes_on(path: Path, tmp_path: Path) -> None:
    copy = shutil.copy(path, tmp_path / "old.sqlite")
    expected = json.loads((ASSETS / "expected.json").read_text())
    with Store.open(f"sqlite:///{copy}") as store:
        job = store.find_job("asset")
        assert job.event == expected["event"]
        trials = store.trials(job.id)
        assert [trial.key for trial in trials] == expected["keys"]
        assert len(job.uid) == 32
        assert trials[0].adapter_sha256 is None
        assert [trial.state.value for trial in trials] == expected["states"]
        assert trials[1].failure is FailureKind.OUT_OF_MEMORY
        assert [dict(point.values) for point in store.front(job.id)] == expected["front"]
        assert store.reports(job.id, "confirm") == expected["reports"]
        trial = store.claim(job.id, "w", LEASE)
        assert trial is not None
        assert complete(store, trial, 0.9, 4096.0) == expected["event"] + 1
        assert store.counts(job.id)[TrialState.COMPLETED] == 2
        assert len(store.front(job.id)) == 2


def test_a_job_that_an_older_program_makes_meanwhile_has_an_id_too(empty_url: str) -> None:
    """A service of the older version may still run, and knows no column for it."""
    with Store.open(empty_url) as store:
        store.create_job(make_spec("job"))
        _execute(empty_url, "UPDATE jobs SET uid = NULL")
        uid = store.find_job("job").uid
        assert len(uid) == 32
        assert store.pulse("job").uid == store.jobs()[0].uid == uid


def test_an_asset_is_small_and_needs_no_other_file() -> None:
    for path in OLD_FILES:
        assert path.stat().st_size < 100_000
        # Bytes 18 and 19 of the header are 2 in WAL mode, which keeps a second file.
        assert path.read_bytes()[18:20] == b"\x01\x01"
