"""What is left below a URL when nothing names it any more."""

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.job import Job
from peftsearch.records.trial import Attempt, Trial
from peftsearch.spaces.jobspec.artefacts_url import is_url
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import job_folder

from .job_places import job_objects, job_place
from .places import ArtefactsAway

GRACE = timedelta(days=1)
"""An object may wait so long for its record: results are spooled while the database is away."""


def sweep_objects(store: Store, job: Job) -> int:
    """Remove what no trial of a job names: of attempts that were lost after they had written. How
    many objects; none where the URL is away.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    if job.spec.artefacts is None:
        return 0
    removed = 0
    with contextlib.suppress(ArtefactsAway, NotFoundError):
        place = job_objects(job.spec.artefacts, job).place
        if not (found := place.names()) or store.job(job.id).uid != job.uid:
            return 0
        named = {x for trial in store.attempts(job.id) for x in _names(trial)}
        for name in set(found) - named:
            if datetime.now(UTC) - place.under(name).written() > GRACE:
                place.under(name).remove()
                removed += 1
    return removed


def find_urls(job: Job, trials: Sequence[Trial]) -> set[str]:
    """Below which artefacts of a job may lie: that of its spec, and those that it had before."""
    own = f"/{job_folder(job)}/"
    kept = (str(trial.adapter) for trial in trials)
    before = {x.rpartition(own)[0] for x in kept if is_url(x) and own in x}
    return before | ({job.spec.artefacts} if job.spec.artefacts else set())


def remove_all(urls: set[str], job: Job) -> None:
    """Remove the artefacts of a job that is deleted.

    Raises:
        UserError: A URL is away; says what is left there.
    """
    for url in sorted(urls):
        place = job_place(url, job)
        try:
            place.remove()
        except UserError as error:
            expected = f"{url} there, to remove the adapters of {job.name!r} with its records"
            hint = f"the records are deleted: remove {place.url} by hand"
            raise UserError(expected, error.got, hint) from error


def _names(trial: Attempt) -> tuple[str, str]:
    return str(trial.adapter).rpartition("/")[2], str(trial.adapter_sha256)
