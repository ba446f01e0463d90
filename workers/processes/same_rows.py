"""Whether the rows that a job reads are still those that it, or the job beside which it stands,
trained on: qualities of other rows say nothing of each other."""

from peftsearch.errors import UserError
from peftsearch.records.job import Job
from peftsearch.storage.store import Store

from .companions import find_parent, find_same


def check_rows(store: Store, job: Job, fingerprint: str) -> None:
    """Refuse to train on, or to compare by, other rows than before.

    Args:
        fingerprint: Of the rows as they are now (`TaskData.fingerprint`).

    Raises:
        NotFoundError: The job was deleted.
        UserError: They are others.
    """
    parent = _find_parent(store, job)
    known = next(filter(None, (store.last_told(x.id, "data") for x in (job, parent) if x)), None)
    if known is not None and str(known) != fingerprint:
        raise UserError(
            f"the rows that the trials of {(parent or job).name} had, in their order",
            f"others in {job.spec.task.train}",
            "put the data back, or launch a job of another name",
            "task.train",
        )


def _find_parent(store: Store, job: Job) -> Job | None:
    """None of a job that searches, and where the parent was deleted."""
    told = find_parent(store, job)
    return None if told is None else find_same(store, told["name"], told["uid"])
