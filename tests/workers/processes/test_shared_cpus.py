"""Workers of several jobs on one machine."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import count

import pytest

from peftsearch.storage.store import Store
from peftsearch.workers.processes.shared_cpus import count_shared_threads, share
from peftsearch.workers.runtime.threads import count_cpus
from tests.conftest import NewDatabase
from tests.specs import make_spec

NAMES = count()


@pytest.fixture
def store(new_sqlite: NewDatabase) -> Iterator[Store]:
    with Store.open(new_sqlite()) as opened:
        yield opened


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as started:
        yield started
        started.kill()


def register(store: Store, pid: int, host: str = socket.gethostname()) -> str:
    """A worker of a job of its own."""
    job, name = store.create_job(make_spec(f"job-{next(NAMES)}")), f"worker-{pid}-{host}"
    store.register_worker(job.id, name, host, pid, "cpu")
    return name


@pytest.mark.parametrize(
    ("mine", "others", "most", "threads"),
    [
        (range(8), [], 8, 8),
        (range(8), [range(8)], 8, 4),
        (range(8), [range(8), range(8)], 8, 2),
        (range(8), [range(4, 8)], 8, 6),  # four alone, four halves
        (range(4), [range(4, 8)], 4, 4),  # pinned apart
        (range(8), [range(8)], 3, 3),  # a quota
        (range(1), [range(1)] * 5, 1, 1),
        (range(2), [range(2)] * 5, 2, 1),
    ],
)
def test_of_a_cpu_that_several_may_use_each_has_an_equal_part(
    mine: range, others: list[range], most: int, threads: int
) -> None:
    assert share(mine, others, most) == threads


def test_live_workers_of_other_jobs_on_this_host_are_counted(
    store: Store, process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cpus, mine = count_cpus(), register(store, os.getpid())
    assert count_shared_threads(store, mine, cpus) == cpus
    register(store, process.pid, "another-host")
    assert count_shared_threads(store, mine, cpus) == cpus
    register(store, process.pid)
    assert count_shared_threads(store, mine, cpus) == max(1, cpus // 2)
    assert count_shared_threads(store, mine, 1) == 1
    process.kill()
    process.wait()
    assert count_shared_threads(store, mine, cpus) == cpus


def test_what_the_user_says_holds_beside_others(
    store: Store, process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    mine = register(store, os.getpid())
    register(store, process.pid)
    assert count_shared_threads(store, mine, 3) == 3
