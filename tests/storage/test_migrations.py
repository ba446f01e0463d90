"""The revisions lead to the models, on both databases, from every old schema."""

import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, inspect, text
from sqlalchemy.pool import NullPool

import peftsearch.storage.migrations as migrations
from peftsearch.errors import UserError
from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.storage.connection import connect, parse_url
from peftsearch.storage.schema import metadata
from peftsearch.storage.store import Store
from peftsearch.workers.files.adapter_files import load_adapter_files, save_adapter
from peftsearch.workers.files.ownership import check_adapter
from tests.conftest import NewDatabase
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
    with pytest.raises(
        UserError, match=f"schema {migrations.HEAD} or older; got schema 9999.*update peftsearch"
    ) as caught:
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


def _goes_on(url: str) -> None:
    """The database holds what all assets do, and a trial of it can be trained."""
    expected = json.loads((ASSETS / "expected.json").read_text())
    with Store.open(url) as store:
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


@pytest.mark.parametrize("path", OLD_FILES, ids=lambda path: path.stem)
def test_an_old_file_is_read_and_goes_on(path: Path, tmp_path: Path) -> None:
    copy = shutil.copy(path, tmp_path / "old.sqlite")
    _goes_on(f"sqlite:///{copy}")


@pytest.mark.postgres
@pytest.mark.parametrize("path", OLD_FILES, ids=lambda path: path.stem)
def test_an_old_schema_of_postgresql_is_read_and_goes_on(
    path: Path, new_schema: NewDatabase
) -> None:
    url = new_schema()
    with _begin(url) as connection:
        migrations.migrate(connection, path.stem.removeprefix("revision_"))
        _copy_rows(path, connection)
        connection.commit()
    _goes_on(url)


def _copy_rows(path: Path, connection: Connection) -> None:
    """From a file to tables of the same schema, with ids as PostgreSQL gives them."""
    old, ids = MetaData(), dict[str, dict[int, int]]()
    old.reflect(connection)
    with create_engine(f"sqlite:///{path}", poolclass=NullPool).connect() as source:
        for table in (x for x in old.sorted_tables if x.name != migrations.VERSION_TABLE):
            kept = text(f"SELECT * FROM {table.name}").columns(*table.columns)
            rows = [row._asdict() for row in source.execute(kept)]
            for row in rows:
                if "id" in row:
                    ids.setdefault(table.name, {})[row["id"]] = connection.execute(
                        text(f"SELECT nextval(pg_get_serial_sequence('{table.name}', 'id'))")
                    ).scalar_one()
                owners = {"id": table.name, "job_id": "jobs", "trial_id": "trials"}
                row |= {x: ids[owner][row[x]] for x, owner in owners.items() if x in row}
            if rows:
                connection.execute(table.insert(), rows)


@pytest.mark.parametrize("path", OLD_FILES, ids=lambda path: path.stem)
def test_an_old_file_comes_with_its_adapters(path: Path, tmp_path: Path) -> None:
    """The trial's folder is found where it was, and told from another one."""
    url, name = f"sqlite:///{shutil.copy(path, tmp_path / 'old.sqlite')}", "asset/trials/000000-1"
    told = f"adapter = '{name}', provenance = '{json.dumps({'model': {'sha256': 'a'}})}'"
    _execute(url, f"UPDATE trials SET {told.replace(':', chr(92) + ':')} WHERE number = 0")
    tensors = {"query.lora_A": torch.arange(6.0).reshape(2, 3)}
    with Store.open(url) as store:
        trial = store.trial(store.find_job("asset").id, 0)
        save_adapter(tmp_path / name, trial.configuration, tensors, trial.provenance)
        folder = tmp_path / str(trial.adapter)
        check_adapter(folder, trial)
        found = load_adapter_files(folder, "a")
        assert found.configuration == trial.configuration
        assert torch.equal(found.tensors["query.lora_A"], tensors["query.lora_A"])
        other = replace(trial, provenance={})
        with pytest.raises(UserError, match="configuration.json of another one"):
            check_adapter(folder, other)


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
