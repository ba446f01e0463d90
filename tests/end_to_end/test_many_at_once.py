"""Several commands work on one job at once, and most of their workers wait."""

import os
import signal
from pathlib import Path

from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from tests.waiting import LIMIT, wait_until

from .conftest import write_job
from .programs import call, errors, start
from .watching import count_workers, find_processes, records, running

LONG = 1000
"""Epochs: nobody waits for their end."""


def test_eight_workers_of_three_commands_end_when_they_are_told(
    database_url: str, workshop: Path, tmp_path: Path
) -> None:
    job, files = write_job(tmp_path, workshop, epochs=LONG, trials=1), tmp_path / "files"
    place: list[str | Path] = ["--storage", database_url, "--files", files]
    first = start("run", job, "--workers", "3", *place, folder=tmp_path)
    wait_until(lambda: records(database_url))
    second = start("run", job, "--workers", "3", *place, folder=tmp_path)
    third = start("worker", "small", "--workers", "2", *place, folder=tmp_path)
    commands = [first, second, third]
    wait_until(lambda: count_workers(database_url) == 8 and running(database_url))
    refused = call("delete", "small", "--yes", *place, folder=tmp_path)
    assert refused.returncode == 2 and len(errors(refused.stderr)) == 1, refused.stderr
    assert call("stop", "small", *place[:2], folder=tmp_path).returncode == 0
    wait_until(lambda: [x.poll() for x in commands].count(None) == 1)  # which trains
    (busy,) = [x for x in commands if x.poll() is None]
    assert len(running(database_url)) == 1
    os.killpg(busy.pid, signal.SIGINT)
    said = [x.communicate(timeout=LIMIT)[1] for x in commands]
    assert [x.returncode for x in commands if x is not busy] == [0, 0], said
    assert busy.returncode == 130 and not any("Traceback" in x for x in said), said
    assert not find_processes(tmp_path) and not count_workers(database_url)
    assert [x.state for x in records(database_url)] == [TrialState.QUEUED]
    deleted = call("delete", "small", "--yes", *place, folder=tmp_path)
    assert deleted.returncode == 0, deleted.stderr
    assert not [x for x in files.rglob("*") if x.is_file()]


def test_eight_workers_leave_a_job_whose_records_are_gone(
    database_url: str, workshop: Path, tmp_path: Path
) -> None:
    job, files = write_job(tmp_path, workshop, epochs=LONG, trials=1), tmp_path / "files"
    place: list[str | Path] = ["--storage", database_url, "--files", files]
    first = start("run", job, "--workers", "4", *place, folder=tmp_path)
    wait_until(lambda: records(database_url))
    second = start("worker", "small", "--workers", "4", *place, folder=tmp_path)
    wait_until(lambda: count_workers(database_url) == 8 and running(database_url))
    with Store.open(database_url) as store:
        store.delete_job(store.jobs()[0].id)
    said = [x.communicate(timeout=LIMIT)[1] for x in (first, second)]
    assert not any("Traceback" in x for x in said), said
    assert not find_processes(tmp_path)
