"""What a person is told when a database cannot be opened: one line, exit code 2."""

import sqlite3
import sys
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.storage.store import Store
from tests.cluster import Cluster
from tests.conftest import NewDatabase
from tests.specs import make_spec


def _refusal(url: str) -> str:
    with pytest.raises(UserError) as caught:
        Store.open(url)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.exit_code == 2
    return message


@pytest.mark.parametrize("url", ["search.db", "mysql://u@host/db", "postgresql://u:x@host:p/db"])
def test_a_url_that_is_none(url: str) -> None:
    assert "such as sqlite:///search.db" in _refusal(url)


def test_a_missing_folder(tmp_path: Path) -> None:
    message = _refusal(f"sqlite:///{tmp_path}/missing/search.db")
    assert f"{tmp_path}/missing is no folder" in message
    assert not (tmp_path / "missing").exists()


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    assert f"got the folder {tmp_path}" in _refusal(f"sqlite:///{tmp_path}")


@pytest.mark.skipif(
    sys.platform != "linux", reason="a folder that root cannot write: Linux's /proc"
)
def test_an_unwritable_folder() -> None:
    assert "unable to open database file" in _refusal("sqlite:////proc/search.db")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, not a database.\n" * 100)
    assert "file is not a database" in _refusal(f"sqlite:///{path}")
    assert path.read_text().startswith("These are notes")


def test_a_truncated_database(tmp_path: Path) -> None:
    path = tmp_path / "search.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.create_job(make_spec())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "malformed" in _refusal(f"sqlite:///{path}")


def test_a_database_that_stays_locked(tmp_path: Path) -> None:
    path = tmp_path / "search.db"
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    assert "database is locked" in _refusal(f"sqlite:///{path}?timeout=0.01")
    other.close()


@pytest.mark.postgres
def test_a_missing_postgresql_database(cluster: Cluster) -> None:
    message = _refusal(cluster.url("missing"))
    assert 'database "missing" does not exist' in message


def test_a_server_that_is_down_and_no_password_in_the_message(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://tester:secret@/search?host={tmp_path}"
    message = _refusal(url)
    assert "a PostgreSQL server that answers" in message
    assert "secret" not in message


@pytest.mark.postgres
@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_short_names_of_the_driver_are_accepted(new_postgres: NewDatabase, scheme: str) -> None:
    with Store.open(new_postgres().replace("postgresql+psycopg", scheme)) as store:
        assert store.jobs() == []
