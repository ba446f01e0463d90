"""A worker without a job takes what it can, whatever becomes of the jobs beside it."""

import shutil
import signal
from pathlib import Path

from peftsearch.jobs import life
from peftsearch.jobs.jobfile import read_spec
from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from tests.waiting import LIMIT, wait_until

from .conftest import write_job
from .programs import start
from .watching import find_processes

LONG = 1000
"""Epochs: nobody waits for their end."""


def launch(store: Store, folder: Path, workshop: Path, name: str, epochs: int) -> None:
    """A job of one trial, for workers to take up."""
    path = write_job(folder, workshop, epochs, trials=1)
    path.write_text(path.read_text().replace('"small"', f'"{name}"'))
    life.create(store, read_spec(path))


def test_jobs_that_end_are_deleted_or_cannot_start_keep_none_from_being_done(
    database_url: str, workshop: Path, tmp_path: Path
) -> None:
    here, moved = tmp_path / "here", tmp_path / "moved"
    here.mkdir()
    shutil.copytree(workshop, moved)
    with Store.open(database_url) as store:
        launch(store, here, moved, "missing", epochs=1)
        shutil.rmtree(moved / "model")
        for name, epochs in (("paused", 1), ("finished", 1), ("gone", LONG), ("last", 1)):
            launch(store, here, workshop, name, epochs)
        store.set_state(store.find_job("finished").id, JobState.FINISHED)
        life.stop(store, "paused")
        place: list[str | Path] = ["--storage", database_url, "--files", here / "files"]
        worker = start("worker", *place, folder=here)
        try:
            gone = store.find_job("gone").id
            wait_until(lambda: store.counts(gone)[TrialState.RUNNING])
            store.delete_job(gone)
            wait_until(lambda: store.find_job("last").state is JobState.FINISHED)
        finally:
            worker.send_signal(signal.SIGINT)
            _, said = worker.communicate(timeout=LIMIT)
        states = {x.name: x.state.value for x in store.jobs()}
    assert states == {
        **{"missing": "running", "paused": "stopped", "finished": "finished", "last": "finished"}
    }
    assert "Traceback" not in said and "paused" not in said, said
    (first, *later) = [x for x in said.splitlines() if "missing is tried again" in x]
    assert "in 30 s" in first and "the model of job 'missing' where it was" in first
    assert all("in 30 s" not in x for x in later)  # each pause is longer
    assert not find_processes(here)
