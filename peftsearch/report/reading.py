"""A job's records for a report, at one moment of its database."""

from pathlib import Path

from peftsearch.records.job import Job
from peftsearch.results.search_result import load_result
from peftsearch.results.tested_reports import CONFIRM
from peftsearch.storage.store import Store

from .records import Records


def read_records(store: Store, job: Job, root: Path) -> Records:
    """All of them.

    Args:
        root: Folder of the jobs' files.

    Raises:
        UserError: The job's spec cannot be read here.
    """
    return store.at_once(
        lambda: Records(
            load_result(store, job, root),
            [x for x in store.reports(job.id, CONFIRM) if x.get("arms")],  # else it is damaged
            store.reports(job.id, "confirm-run"),
        )
    )
