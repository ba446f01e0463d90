"""A disk that fills up while a whole pool works: nothing is lost, and the job goes on later."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch.records.job import JobState
from peftsearch.records.trial import Trial, TrialState
from peftsearch.storage.store import Store
from tests.small_disks import fill, mounted
from tests.waiting import LIMIT, wait_until

from .programs import call, start

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root"),
]
TRIALS = 4
_ROOM = 40_000
"""Bytes that are left on the full disk, less than an adapter of the job."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    with mounted(tmp_path / "disk") as there:
        if not there:
            pytest.skip("no small file system can be mounted here")
        yield tmp_path / "disk"


@pytest.fixture
def job(job_file: Path) -> Path:
    """Trials of a second, recipes among them that are larger than what the model may propose."""
    text = job_file.read_text().replace("epochs = 2", "epochs = 4")
    text += '\n[search]\nrecipes = "published"\n'
    job_file.write_text(text.replace("trials = 8", f"trials = {TRIALS}"))
    return job_file


def look(url: str) -> tuple[JobState, list[Trial]]:
    with Store.open(url) as store:
        job = store.jobs()[0]
        return job.state, store.trials(job.id)


def begun(database: Path) -> bool:
    """Whether a trial runs."""
    if not database.exists():
        return False
    with Store.open(f"sqlite:///{database}") as store:
        return any(
            trial.state is TrialState.RUNNING
            for job in store.jobs()
            for trial in store.trials(job.id)
        )


def assert_paused(process: "subprocess.Popen[str]", said: str) -> None:
    """It ends by itself, with 1 and one line."""
    _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 1, errors
    (line,) = [x for x in errors.splitlines() if x.startswith("error: ")]
    assert said in line and "`peftsearch resume small" in line and "Traceback" not in errors


def assert_whole(url: str) -> None:
    """Each trial completed and was recorded once."""
    state, trials = look(url)
    assert state is JobState.FINISHED
    assert [trial.number for trial in trials] == list(range(TRIALS))
    assert {trial.state for trial in trials} == {TrialState.COMPLETED}


def halves(disk: Path) -> list[Path]:
    """What was begun and not ended: folders and files under another name until they are whole."""
    return [x for x in disk.rglob("*") if x.name.startswith(".") or x.suffix == ".part"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_disk_for_adapters(workers: str, job: Path, disk: Path) -> None:
    database, options = job.parent / "jobs.db", ["--files", str(disk / "files")]
    url, folder = f"sqlite:///{database}", job.parent
    process = start(
        "run", job, "--workers", workers, "--storage", database, *options, folder=folder
    )
    wait_until(lambda: begun(database))
    taken = fill(disk, room=_ROOM)
    assert_paused(process, f"cannot write an adapter to {disk}/files: No space left on device;")
    state, trials = look(url)
    assert state is JobState.RUNNING
    assert {trial.state for trial in trials} <= {TrialState.QUEUED, TrialState.COMPLETED}
    assert not halves(disk)
    again = call("resume", "small", "--storage", database, *options, folder=folder)
    assert again.returncode == 2 and "make room" in again.stderr
    taken.unlink()
    done = call("resume", "small", "--storage", database, *options, folder=folder)
    assert done.returncode == 0, done.stderr
    assert_whole(url)


def test_a_disk_that_holds_the_database_too(job: Path, disk: Path) -> None:
    database = disk / "jobs.db"
    process = start("run", job, "--storage", database, folder=job.parent)
    wait_until(lambda: begun(database))
    taken = fill(disk)
    assert_paused(process, "this machine cannot ")
    assert not halves(disk)
    taken.unlink()
    done = call("resume", "small", "--storage", database, folder=job.parent)
    assert done.returncode == 0, done.stderr
    assert_whole(f"sqlite:///{database}")
