"""Which jobs stand beside a job, by the reports that tie them."""

from typing import Any

from peftsearch.errors import NotFoundError
from peftsearch.records.companion import COMPANION, COMPANION_OF, Companion
from peftsearch.records.job import Job
from peftsearch.storage.store import Store


def find_companions(store: Store, job: Job) -> list[tuple[Companion, Job]]:
    """Those of a job that are there, oldest first; one that serves several picks stands once for
    each, as it was told last.

    Raises:
        UserError: A newer peftsearch wrote what cannot be read here.
    """
    told: dict[tuple[str, str], Companion] = {}
    for document in store.reports(job.id, COMPANION):
        companion = Companion.from_json(document)
        told.pop((companion.uid, companion.picked), None)
        told[companion.uid, companion.picked] = companion
    beside = {x.uid: find_same(store, x.name, x.uid) for x in told.values()}
    return [(x, found) for x in told.values() if (found := beside[x.uid]) is not None]


def find_parent(store: Store, job: Job) -> dict[str, Any] | None:
    """Name and uid of the job that a companion stands beside; None of any other job."""
    return next(iter(store.reports(job.id, COMPANION_OF)), None)


def find_parents(store: Store) -> dict[int, dict[str, Any]]:
    """`find_parent` of all companions, by the companion's id."""
    return {job_id: told[0] for job_id, told in store.all_reports(COMPANION_OF).items()}


def find_same(store: Store, name: str, uid: str) -> Job | None:
    """The job of that name; None where it was deleted, or the name is another job's by now."""
    try:
        found = store.find_job(name)
    except NotFoundError:
        return None
    return found if found.uid == uid else None
