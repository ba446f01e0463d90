"""A damaged SQLite file is one line that says how to save what is left."""

import sqlite3
import subprocess
from pathlib import Path

import pytest

from peftsearch.errors import DatabaseAway, StoreDamaged, StoreUnavailable, UserError
from peftsearch.storage.store import Store
from tests.small_disks import mounted
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal

PAGE = 4096


def _fill(path: Path) -> int:
    """A job of some pages; its id."""
    with Store.open(f"sqlite:///{path}") as store:
        job = store.create_job(make_spec())
        insert(store, job.id, [make_proposal(index) for index in range(60)])
        for _ in range(40):
            complete(store, claim(store, job.id), 0.5, 8.0)
        return job.id


def _overwrite(path: Path, first: int) -> None:
    """All pages from `first` on."""
    with path.open("r+b") as file:
        file.seek(first * PAGE)
        file.write(b"\xa5" * (path.stat().st_size - first * PAGE))


def test_damage_under_an_open_store_is_told_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "my jobs.db"
    job = _fill(path)
    with Store.open(f"sqlite:///{path}") as store:
        _overwrite(path, 1)
        with pytest.raises(StoreDamaged) as caught:
            store.trials(job)
    line = str(caught.value)
    assert f"`peftsearch doctor --salvage '{path}' --out NEW.db`" in line and "\n" not in line
    assert isinstance(caught.value, StoreUnavailable)  # so that results wait beside the adapters


@pytest.mark.parametrize("first", [0, 1])
def test_a_damaged_file_is_not_opened_for_ever(tmp_path: Path, first: int) -> None:
    """A worker asks a database that is away until it answers."""
    path = tmp_path / "jobs.db"
    _fill(path)
    _overwrite(path, first)
    with pytest.raises((UserError, StoreDamaged), match="--salvage") as caught:
        with Store.open(f"sqlite:///{path}") as store:
            store.trials(1)
    assert not isinstance(caught.value, DatabaseAway)


def test_text_that_is_none_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    job = _fill(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE trials SET worker = CAST(x'ff80' AS TEXT) WHERE number = 3")
    with Store.open(f"sqlite:///{path}") as store, pytest.raises(StoreDamaged, match="UTF-8"):
        store.trials(job)


def test_a_read_only_disk_is_one_line_and_not_asked_again(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk") as there:
        if not there:
            pytest.skip("no small file system can be mounted here")
        url = f"sqlite:///{tmp_path / 'disk' / 'jobs.db'}"
        Store.open(url).close()
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "disk")], check=True)
        with pytest.raises(UserError, match="a database file that can be written") as caught:
            Store.open(url)
    assert not isinstance(caught.value, DatabaseAway) and "\n" not in str(caught.value)
