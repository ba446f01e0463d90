"""A job that is deleted in a copy of its database leaves the original its adapters."""

import shutil
from pathlib import Path

import pytest

from peftsearch.errors import Conflict
from peftsearch.jobs import life
from peftsearch.records.job import Job, JobState
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import files_root, trials_folder
from tests.specs import make_spec


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "search.db"


@pytest.fixture
def job(database: Path) -> Job:
    """One that is finished, with a file of an adapter."""
    with Store.open(f"sqlite:///{database}") as store:
        job = store.create_job(make_spec())
        store.set_state(job.id, JobState.FINISHED)
    folder = trials_folder(files_root(f"sqlite:///{database}"), job) / "000000-1"
    folder.mkdir(parents=True)
    (folder / "adapter.safetensors").write_text("x")
    return job


def _delete(database: Path, job: Job) -> None:
    url = f"sqlite:///{database}"
    with Store.open(url) as store:
        life.delete(store, job.name, files_root(url))


def _has_adapter(database: Path, job: Job) -> bool:
    return trials_folder(files_root(f"sqlite:///{database}"), job).exists()


def test_neither_of_two_takes_what_both_name(database: Path, job: Job) -> None:
    copy = database.with_suffix(".bak")
    shutil.copy(database, copy)
    for one, other in ((copy, database), (database, copy)):
        with pytest.raises(Conflict, match=f"a copy of it in {other}"):
            _delete(one, job)
    assert _has_adapter(database, job)
    left = {x.name for x in database.parent.iterdir()}
    assert left == {"search.db", "search.bak", "search.files"}
    copy.unlink()
    _delete(database, job)
    assert not _has_adapter(database, job)


def test_what_is_no_copy_is_in_nobodys_way(database: Path, job: Job) -> None:
    with Store.open(f"sqlite:///{database.with_suffix('.other')}") as store:
        store.create_job(make_spec())
    database.with_suffix(".txt").write_text("notes")
    database.with_suffix(".torn").write_bytes(b"SQLite format 3\0")
    shutil.copy(database, database.with_name("elsewhere.db"))
    _delete(database, job)
    assert not _has_adapter(database, job)


def test_below_a_url_any_copy_beside_it_names_the_same(
    database: Path, job: Job, tmp_path: Path
) -> None:
    with Store.open(f"sqlite:///{database}") as store:
        kept = store.create_job(make_spec("kept").storing_in(f"file://{tmp_path}/store"))
        store.set_state(kept.id, JobState.FINISHED)
    shutil.copy(database, database.with_name("elsewhere.db"))
    with pytest.raises(Conflict, match="elsewhere.db"):
        _delete(database, kept)
