"""Removing a job for good: its records, and its folder of adapters."""

import shutil
from pathlib import Path

from peftsearch.errors import Conflict
from peftsearch.records.job import Job
from peftsearch.storage.store import Store

from .liveness import is_live


def check_removable(store: Store, job: Job) -> None:
    """Refuse a job that somebody works on.

    Raises:
        Conflict: It has live workers.
    """
    live = sum(is_live(worker) for worker in store.workers(job.id))
    if live:
        raise Conflict(
            f"job {job.name!r} without workers",
            f"{live} that live",
            "stop the job, wait until they have left, and delete it then",
        )


def remove_job(store: Store, job: Job, root: Path) -> None:
    """Remove the records first: files without records harm nobody, the reverse does.

    Args:
        root: Folder of the jobs' files.

    Raises:
        Conflict: The job has live workers.
        NotFoundError: It is gone already.
    """
    check_removable(store, job)
    store.delete_job(job.id)
    shutil.rmtree(root / job.name, ignore_errors=True)
