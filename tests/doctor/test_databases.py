"""Databases are looked at and left as they are."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peftsearch.doctor.databases import examine_database, examine_driver, judge_revision
from peftsearch.doctor.finding import Health
from peftsearch.storage.migrations import HEAD
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import damage, make_older

ASSETS = Path(__file__).parents[1] / "storage" / "assets"


def test_a_database_of_this_schema_is_well(database_url: str) -> None:
    found = examine_database(database_url)
    assert found.health is Health.OK
    assert found.text.endswith(f"answers, schema {HEAD}")


def test_jobs_that_cannot_be_read_here_are_told(database_url: str) -> None:
    with Store.open(database_url) as store:
        for name in ("well", "strange"):
            store.create_job(make_spec(name))
    assert examine_database(database_url).health is Health.OK
    make_older(database_url, "strange", "model.path")
    found = examine_database(database_url)
    assert found.health is Health.NOTE
    assert "1 job cannot be read here: expected a spec of job 'strange'" in found.text


def test_a_damaged_document_is_told(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.create_job(make_spec())
    damage(f"sqlite:///{path}", "UPDATE jobs SET spec = '{bad'")
    found = examine_database(f"sqlite:///{path}")
    assert found.health is Health.NOTE
    assert "1 job cannot be read here: expected a spec of job" in found.text


def test_an_empty_database_stays_empty(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).touch()
    for _ in range(2):
        found = examine_database(empty_url)
        assert (found.health, "is empty" in found.text) == (Health.OK, True)


def test_a_file_to_come_is_not_made(tmp_path: Path) -> None:
    found = examine_database(f"sqlite:///{tmp_path / 'new.db'}")
    assert found.health is Health.OK and "no file" in found.text
    assert list(tmp_path.iterdir()) == []


def test_an_older_database_is_noted_and_not_migrated(tmp_path: Path) -> None:
    path = shutil.copy(ASSETS / "revision_0001.sqlite", tmp_path / "old.sqlite")
    assert examine_database(f"sqlite:///{path}").health is Health.NOTE
    with closing(sqlite3.connect(path)) as database:
        (found,) = database.execute("SELECT version_num FROM peftsearch_version").fetchone()
    assert found == "0001"


def test_a_newer_database_fails() -> None:
    found = judge_revision("sqlite:///x", "9999")
    assert found.health is Health.FAILED and "newer peftsearch" in found.text


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://user:secret@127.0.0.1:1/name", "Connection refused"),
        ("oracle://user:secret@host/name", "a database such as"),
        ("sqlite:////no/such/folder/x.db", "is no folder"),
    ],
)
def test_a_database_that_does_not_answer_fails(url: str, reason: str) -> None:
    found = examine_database(url)
    assert found.health is Health.FAILED
    assert reason in found.text
    assert "secret" not in found.text


def test_driver_says_its_library() -> None:
    found = examine_driver()
    assert found.health is Health.OK
    assert "libpq" in found.text
