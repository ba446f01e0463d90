"""Whether a worker lives, as far as this machine can tell."""

import socket
from collections.abc import Iterable, Mapping

import psutil

from peftsearch.records.job import JobState
from peftsearch.records.worker import Worker

from .lease_times import LIVE_SECONDS


def is_live(worker: Worker) -> bool:
    """Whether it was heard of lately and, on this machine, its process is there.

    A process of this machine is looked up, since one that was killed was heard of just before.
    One that ended and that nobody has waited for yet (a zombie) is dead.
    """
    if worker.seconds_silent >= LIVE_SECONDS:
        return False
    if worker.host != socket.gethostname():
        return True
    try:
        return psutil.Process(worker.pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except (psutil.AccessDenied, ValueError):
        return True


def tell_process(worker: Worker) -> str:
    """What works and where: `confirm in process 4711 on host`."""
    return f"{worker.command or 'a worker'} in process {worker.pid} on {worker.host}"


def tell_state(state: JobState, live: int, spent: bool = False) -> str:
    """The state for people, for whom a job runs while somebody works on it.

    Args:
        live: How many workers it has.
        spent: Whether nothing of its budget is left.
    """
    if not waits(state, live):
        return state.value
    return "budget spent" if spent else "waits for workers"


def waits(state: JobState, live: int) -> bool:
    """Whether a job of that state, with so many live workers, waits to be taken up."""
    return state is JobState.RUNNING and not live


def count_all_live(workers: Iterable[Worker]) -> int:
    """How many of them live."""
    return sum(map(is_live, workers))


def count_live(workers: Iterable[Worker]) -> Mapping[int, int]:
    """Live workers by job id."""
    counts: dict[int, int] = {}
    for worker in workers:
        counts[worker.job_id] = counts.get(worker.job_id, 0) + is_live(worker)
    return counts
