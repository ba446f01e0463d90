"""`peftsearch run` with the engines of others, as a person calls it."""

import os
import signal
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from tests.end_to_end.programs import errors, start
from tests.waiting import LIMIT, wait_until
from tests.workers.runners import write_texts

pytestmark = pytest.mark.slow


@pytest.fixture
def job_file(folders: dict[str, Path], tmp_path: Path) -> Path:
    """Of trials of many minutes, so that none ends before a test has looked."""
    data = write_texts(tmp_path / "data.csv")
    path = tmp_path / "job.toml"
    path.write_text(
        f"""
name = "far"
[model]
path = "{folders["bert"]}"
[task]
train = "{data}"
max_length = 8
[head]
pooling = "model"
start = "random"
[training]
epochs = 1000
batch_size = 1
[budget]
trials = 4
"""
    )
    return path


def _lives(process: "subprocess.Popen[str]") -> bool:
    assert process.poll() is None, process.communicate()[1]
    return True


def test_control_c_on_ray_queues_again_what_ran(ray_cluster: Any, job_file: Path) -> None:
    """The whole group of the command hears it, as in a terminal. An actor was lost before."""
    folder = job_file.parent
    options = ["--engine", "ray", "--ray-address", ray_cluster.address, "--workers", "2"]
    process = start("run", job_file, *options, folder=folder)
    url = f"sqlite:///{folder / 'peftsearch.db'}"
    wait_until((folder / "peftsearch.db").exists)
    with Store.open(url) as store:
        wait_until(store.jobs)
        job = store.find_job("far")
        lives = partial(_lives, process)
        wait_until(lambda: lives() and store.counts(job.id)[TrialState.RUNNING])
        worker = next(x.worker for x in store.trials(job.id) if x.state is TrialState.RUNNING)
        (pid,) = [x.pid for x in store.workers(job.id) if x.name == worker]
        psutil.Process(pid).parent().kill()  # type: ignore[union-attr]
        wait_until(lambda: lives() and worker not in {x.name for x in store.workers(job.id)})
        # Another came, so the loss was told.
        wait_until(lambda: lives() and len(store.workers(job.id)) == 2)
        os.killpg(process.pid, signal.SIGINT)
        printed, said = process.communicate(timeout=LIMIT)
        assert (process.returncode, printed) == (130, ""), said
        counts = store.counts(job.id)
        assert counts[TrialState.RUNNING] == 0 and counts[TrialState.QUEUED] > 0
        assert store.workers(job.id) == []
    assert f"workers on Ray at {ray_cluster.address}: 2, each with 1 CPU" in said
    assert f"worker {worker} died, lost, as its worker process has died; another" in said
    assert "run the same command to resume" in said and "Traceback" not in said


def test_control_c_leaves_the_workers_of_others_alone(job_file: Path, warm_test: None) -> None:
    folder = job_file.parent
    url = f"sqlite:///{folder / 'peftsearch.db'}"
    process = start("run", job_file, "--engine", "external", folder=folder)
    wait_until((folder / "peftsearch.db").exists)
    with Store.open(url) as store:
        wait_until(store.jobs)
        job = store.find_job("far")
        store.register_worker(job.id, "elsewhere", "another", 1, "cpu")
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("preparing: "))  # it watches
        os.kill(process.pid, signal.SIGINT)
        said = process.communicate(timeout=LIMIT)[1]
        assert process.returncode == 130, said
        assert len(store.workers(job.id)) == 1
        assert store.job(job.id).state is JobState.RUNNING
    last = errors(said)[-1]
    assert last.startswith("left with 0 trials done; its workers go on: `peftsearch stop far")
