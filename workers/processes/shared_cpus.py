"""Several pools on one machine: each worker computes with its share of the CPUs.

Who works on this host is known from the database, for its own jobs: pools of other databases, and
commands such as `confirm`, are not counted.
"""

import socket
from collections.abc import Collection, Iterable
from fractions import Fraction

import psutil

from peftsearch.records.worker import Worker
from peftsearch.storage.store import Store
from peftsearch.workers.runtime.threads import count_cpus, find_cpus, read_asked

from .lease_times import LIVE_SECONDS


def count_shared_threads(store: Store, name: str, most: int) -> int:
    """Threads that a worker of this process computes with from now on, at least 1.

    Args:
        name: The worker's own.
        most: Its share of its own pool, with nobody beside it.
    """
    if read_asked() is not None:
        return most
    workers = [x for x in store.all_workers() if x.name != name]
    return min(most, share(find_cpus(), _find_others(workers), count_cpus()))


def share(mine: Collection[int], others: Iterable[Collection[int]], most: int) -> int:
    """Whole CPUs for each of those that may use them: of a CPU that several may use, equal parts.

    Args:
        mine: Numbers of the CPUs that this worker may use.
        others: Of each worker beside it the same.
        most: CPUs that a quota leaves.
    """
    beside = list(others)
    parts = (Fraction(1, 1 + sum(cpu in cpus for cpus in beside)) for cpu in mine)
    return max(1, min(most, int(sum(parts))))


def _find_others(workers: Iterable[Worker]) -> list[Collection[int]]:
    """The CPUs of each that lives on this host; one that trains on a GPU uses some, too."""
    host = socket.gethostname()
    near = (x for x in workers if x.host == host and x.seconds_silent < LIVE_SECONDS)
    return [cpus for worker in near if (cpus := _cpus_of(worker.pid))]


def _cpus_of(pid: int) -> Collection[int]:
    """Of a process; none of one that has ended."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ()
        # Not everywhere: macOS pins no process.
        affinity = getattr(process, "cpu_affinity", None)
        return affinity() if affinity else find_cpus()
    except psutil.AccessDenied:
        return find_cpus()
    except (psutil.NoSuchProcess, ValueError):
        return ()
