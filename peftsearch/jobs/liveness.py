"""Whether a worker lives, as far as this machine can tell."""

import os
import socket
from collections.abc import Iterable, Mapping

from peftsearch.records.worker import Worker
from peftsearch.workers.processes.leases import LIVE_SECONDS


def is_live(worker: Worker) -> bool:
    """Whether it was heard of lately and, on this machine, its process is there.

    A process of this machine is looked up, since one that left was heard of just before.
    """
    if worker.seconds_silent >= LIVE_SECONDS:
        return False
    if worker.host != socket.gethostname():
        return True
    try:
        os.kill(worker.pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def count_live(workers: Iterable[Worker]) -> Mapping[int, int]:
    """Live workers by job id."""
    counts: dict[int, int] = {}
    for worker in workers:
        counts[worker.job_id] = counts.get(worker.job_id, 0) + is_live(worker)
    return counts
