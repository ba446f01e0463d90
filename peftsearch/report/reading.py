"""A job's records for a report, at one moment of its database."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from peftsearch import __version__
from peftsearch.records.job import Job
from peftsearch.results.comparisons.versus import PAIR_ERRORS
from peftsearch.results.confirmations.counts import RUN
from peftsearch.results.confirmations.tested_reports import CONFIRM, FRONT
from peftsearch.results.search_result import load_result
from peftsearch.storage.store import Store
from peftsearch.workers.processes.companions import find_companions
from peftsearch.workers.processes.liveness import count_all_live, waits

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
            store.reports(job.id, RUN),
            [x for x in store.reports(job.id, FRONT) if x.get("front")],
        )
    )


def mark_records(store: Store, job: Job) -> str:
    """A hash that changes when a report of the job would say something else: by ended trials, the
    job's state, whether anybody works on it, its limits, notes, confirmations, what stands beside
    it, and this version.

    Raises:
        UserError: A newer peftsearch wrote what cannot be read here.
    """
    beside = [(x.uid, x.event, x.state) for _, x in find_companions(store, job)]
    kept = [store.reports(job.id, x) for x in (CONFIRM, FRONT, RUN, PAIR_ERRORS)]
    notes = [asdict(x) for x in store.trial_notes(job.id)]
    waiting = waits(job.state, count_all_live(store.workers(job.id)))
    of_job = [job.uid, job.event, job.state, waiting, job.spec.model_dump(mode="json")]
    text = json.dumps([__version__, of_job, beside, kept, notes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
