"""What others see of a job while programs of its own work on it, and what is to be left."""

import subprocess
from pathlib import Path

import psutil

from peftsearch.records.trial import Trial, TrialState
from peftsearch.storage.store import Store
from tests.waiting import LIMIT


def records(url: str) -> list[Trial]:
    """The trials so far; none while the job is not there yet."""
    with Store.open(url) as store:
        jobs = store.jobs()
        return store.trials(jobs[0].id) if jobs else []


def running(url: str) -> list[Trial]:
    """Those that somebody trains."""
    return [trial for trial in records(url) if trial.state is TrialState.RUNNING]


def count_workers(url: str) -> int:
    """How many the first job has."""
    with Store.open(url) as store:
        jobs = store.jobs()
        return len(store.workers(jobs[0].id)) if jobs else 0


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for success; what it printed to standard error."""
    _, said = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, said
    return said


def assert_whole(url: str, number: int) -> list[Trial]:
    """Every trial completed and recorded exactly once."""
    found = records(url)
    assert [trial.number for trial in found] == list(range(number))
    assert {trial.state for trial in found} == {TrialState.COMPLETED}
    assert len({(trial.key, trial.seed) for trial in found}) == number
    return found


def find_processes(folder: Path) -> list[int]:
    """Those that work in a folder."""
    return [x.pid for x in psutil.process_iter() if _is_in(x, folder)]


def _is_in(process: psutil.Process, folder: Path) -> bool:
    try:
        zombie = process.status() == psutil.STATUS_ZOMBIE
        return not zombie and Path(process.cwd()) == folder
    except psutil.Error:
        return False
