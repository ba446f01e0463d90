"""What is left below a URL when nothing names it any more."""

import contextlib
from collections.abc import Sequence

from peftsearch.errors import UserError
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.artefacts_url import is_url
from peftsearch.spaces.jobspec.stored import places_of
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import job_folder
from peftsearch.workers.files.sweeping import find_over

from .job_places import adapters_place
from .places import ArtefactsAway, Place
from .signs_of_life import act_in_words, ask_aside


def sweep_objects(store: Store, job: Job) -> int:
    """Remove the objects of attempts that are over and brought no result. How many attempts; none
    where the URL is away. Those of an attempt whose result may yet come stay, however old.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    if job.spec.artefacts is None:
        return 0
    removed = 0
    with contextlib.suppress(ArtefactsAway):
        place = adapters_place(job.spec.artefacts, job)
        names = ask_aside(place.names, place.url)
        for name in find_over(store, job, sorted({x.partition("/")[0] for x in names})):
            ask_aside(place.under(name).remove, place.url)
            removed += 1
    return removed


def find_urls(job: Job, trials: Sequence[Trial]) -> set[str]:
    """Below which artefacts of a job may lie: that of its spec, and those that it had before, also
    where it left rungs alone there. Jobs that moved in an older version tell by their adapters."""
    own = f"/{job_folder(job)}/"
    kept = (str(trial.adapter) for trial in trials)
    before = {x.rpartition(own)[0] for x in kept if is_url(x) and own in x}
    return before | places_of(job.document)


def remove_all(urls: Sequence[str], name: str) -> None:
    """Remove all that lies below the places of a job that is deleted, wherever it can be.

    Raises:
        UserError: Some are away; says what is left there.
    """
    left = {url: error for url in urls if (error := _remove(Place(url)))}
    if left:
        places = " and ".join(left)
        expected = f"{places} there, to remove the adapters of {name!r} with its records"
        error = next(iter(left.values()))
        hint = f"the records are deleted: delete it again later, or remove {places} by hand"
        raise UserError(expected, error.got, hint) from error


def _remove(place: Place) -> UserError | None:
    """None where it was done."""
    try:
        act_in_words(place.remove, place.url)
    except UserError as error:
        return error
    return None
