"""Removing a job: its records and its own files, and nobody else's."""

import os
import socket
from pathlib import Path

import pytest

from peftsearch.errors import Conflict, NotFoundError
from peftsearch.jobs.removal import remove_job
from peftsearch.storage.store import Store
from tests.storage.examples import make_spec


def make_job(store: Store, root: Path, name: str) -> None:
    store.create_job(make_spec(name))
    (root / name / "trials").mkdir(parents=True)
    (root / name / "trials" / "file").touch()


def test_a_job_goes_with_its_files_and_others_stay(store: Store, tmp_path: Path) -> None:
    for name in ("a", "a.b"):
        make_job(store, tmp_path, name)
    job = store.find_job("a")
    remove_job(store, job, tmp_path)
    assert [x.name for x in store.jobs()] == ["a.b"]
    assert [x.name for x in tmp_path.iterdir()] == ["a.b"]
    with pytest.raises(NotFoundError):
        remove_job(store, job, tmp_path)


def test_a_job_with_a_live_worker_stays(store: Store, tmp_path: Path) -> None:
    make_job(store, tmp_path, "a")
    job = store.find_job("a")
    store.register_worker(job.id, "w", socket.gethostname(), os.getpid(), "cpu")
    with pytest.raises(Conflict):
        remove_job(store, job, tmp_path)
    assert (tmp_path / "a" / "trials" / "file").exists()


def test_a_link_in_place_of_the_folder_leads_nowhere(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.mkdir()
    (other / "file").touch()
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").symlink_to(other)
    store.create_job(make_spec("a"))
    remove_job(store, store.find_job("a"), root)
    assert (other / "file").exists()
