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
    beside = {x.name: _find(store, x) for x in told.values()}
    return [(x, found) for x in told.values() if (found := beside[x.name]) is not None]


def find_parent(store: Store, job: Job) -> dict[str, Any] | None:
    """Name and uid of the job that a companion stands beside; None of any other job."""
    return next(iter(store.reports(job.id, COMPANION_OF)), None)


def _find(store: Store, companion: Companion) -> Job | None:
    """None where it was deleted, or its name is another job's by now."""
    try:
        found = store.find_job(companion.name)
    except NotFoundError:
        return None
    return found if found.uid == companion.uid else None
