"""How a worker comes to a database that is away as it loads, and what it does without a parent."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from peftsearch.errors import DatabaseAway, StoreFull, StoreUnavailable, UserError
from peftsearch.storage.store import Store
from peftsearch.workers.processes.joining import ask_patiently
from peftsearch.workers.processes.shared_status import SharedMonitor, SharedStatus
from tests.waiting import wait_until


@pytest.fixture
def monitor() -> SharedMonitor:
    return SharedMonitor(SharedStatus(), os.getppid())


def test_a_database_that_is_away_is_asked_again(tmp_path: Path, monitor: SharedMonitor) -> None:
    """The file's folder is there again after the second time."""
    folder, asked = tmp_path / "disk", []

    def ask() -> Store:
        asked.append(monitor.status.knocks.value)
        if len(asked) == 1:
            raise DatabaseAway("a server", "connection refused", "check that it runs")
        if len(asked) == 2:
            raise StoreUnavailable("a server", "it closed the connection")
        folder.mkdir()
        return Store.open(f"sqlite:///{folder / 'search.db'}")

    with ask_patiently(ask, monitor) as store:
        assert store.pulses() == []
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("error", [UserError("a", "b", "c"), StoreFull("a", "b")])
def test_what_waiting_does_not_mend_ends_the_worker(
    error: Exception, monitor: SharedMonitor
) -> None:
    def ask() -> None:
        raise error

    with pytest.raises(type(error)):
        ask_patiently(ask, monitor)
    assert monitor.status.knocks.value == 0


def test_a_worker_that_is_asked_to_leave_waits_no_longer(monitor: SharedMonitor) -> None:
    monitor.status.stop()

    def ask() -> None:
        raise DatabaseAway("a", "b", "c")

    with pytest.raises(DatabaseAway):
        ask_patiently(ask, monitor)


PARENT = """
import time
from pathlib import Path
from peftsearch.workers.processes.joining import leave_with_parent
from peftsearch.workers.processes.shared_status import CONTEXT, SharedMonitor, SharedStatus
import os

def load(status, parent):
    leave_with_parent(SharedMonitor(status, parent), Path("group"))
    time.sleep(600)

if __name__ == "__main__":
    status = SharedStatus()
    child = CONTEXT.Process(target=load, args=(status, os.getpid()))
    child.start()
    print(child.pid, flush=True)
    time.sleep(600)
"""


def test_a_worker_that_loads_ends_with_its_killed_parent(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    (tmp_path / "group").mkdir()
    with subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: child.num_threads() > 1)  # it watches
        parent.kill()
        wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert not (tmp_path / "group").exists()
