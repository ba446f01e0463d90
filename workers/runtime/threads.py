"""How many threads of this machine a worker computes with. Imports no torch."""

import os
from collections.abc import Collection, MutableMapping
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
"""For each of the OpenMP libraries that torch comes with."""


def count_threads(workers: int = 1) -> int:
    """Threads of each of so many workers: what `OMP_NUM_THREADS` says, else an equal share of the
    CPUs that this process may use. At least 1."""
    return read_asked() or max(1, count_cpus() // workers)


def read_asked() -> int | None:
    """What `OMP_NUM_THREADS` says; None where it says nothing."""
    # Of nested levels ("4,2") the first: kernels of torch do not nest.
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(asked) if asked.isdecimal() and int(asked) > 0 else None


def wait_passively(environment: MutableMapping[str, str]) -> None:
    """Let threads of processes that start from now on sleep while they wait for one another.

    Threads that spin use up the CPU that other workers could compute with. OpenMP reads the
    environment when it is loaded; where a person has set any of it, all stays as it is.
    """
    if not _PASSIVE.keys() & environment.keys():
        environment.update(_PASSIVE)


def find_cpus() -> Collection[int]:
    """Numbers of the CPUs that this process may run on, whatever its quota."""
    # Not everywhere: macOS and Windows pin no process this way.
    affinity = getattr(os, "sched_getaffinity", None)
    return affinity(0) if affinity else range(os.cpu_count() or 1)


def count_cpus(quota: Path = _QUOTA) -> int:
    """CPUs that this process may use: its affinity, cut by the quota of its container.

    Args:
        quota: The file with the quota and its period in microseconds, or `max` for none.
    """
    cpus = len(find_cpus())
    try:
        limit, period = quota.read_text(encoding="ascii").split()
        return max(1, min(cpus, int(limit) // int(period)))
    except (OSError, ValueError, ZeroDivisionError):
        return cpus
