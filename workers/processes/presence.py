"""Commands that work on a job beside its search, which nobody deletes meanwhile."""

import contextlib
import os
import socket
from collections.abc import Iterator

from peftsearch.errors import StoreUnavailable
from peftsearch.records.job import Job
from peftsearch.storage.store import Store

from .beats import repeat_beside
from .lease_times import SUGGESTION_RENEW_SECONDS


def name_command(pid: int, command: str) -> str:
    """The name by which others see that a process of this machine works on a job."""
    return f"{socket.gethostname()}-{pid}-{command}"


@contextlib.contextmanager
def at_work(store: Store, job: Job, command: str, device: str) -> Iterator[None]:
    """Let others know that a command works on a job while the block runs.

    Args:
        device: That it works on.

    Raises:
        NotFoundError: The job was deleted.
    """
    host, pid = socket.gethostname(), os.getpid()
    name = name_command(pid, command)
    store.register_worker(job.id, name, host, pid, device, command)
    try:
        with repeat_beside(store, SUGGESTION_RENEW_SECONDS, lambda own: own.heartbeat(name)):
            yield
    finally:
        with contextlib.suppress(StoreUnavailable):
            store.unregister_worker(name)
