"""Jobs that are to go on: whether they can here, and whether somebody works on them."""

import contextlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import ENCODER
from peftsearch.results.wording import plural
from peftsearch.storage.connection import is_there
from peftsearch.storage.migrations import HEAD
from peftsearch.storage.opening import read_revision
from peftsearch.storage.store import Store
from peftsearch.workers.models.locations import locate_model
from peftsearch.workers.models.model_files import ModelFiles
from peftsearch.workers.processes.kept_places import check_places
from peftsearch.workers.processes.lease_times import LIVE_SECONDS
from peftsearch.workers.processes.same_rows import check_inputs

from .finding import Finding, failure, fine, note

SUBJECT = "jobs"


def examine_jobs(storage: str) -> Iterator[Finding]:
    """What keeps each job from going on here, and one finding of all others.

    Args:
        storage: A SQLAlchemy URL; one that is not there, or of another schema, has no jobs.
    """
    with contextlib.suppress(UserError):  # the database's own finding says so
        if is_there(storage) and read_revision(storage) == HEAD:
            with Store.open(storage) as store:
                yield from _examine(store, [x for x in store.jobs() if not x.problem])


def _examine(store: Store, jobs: list[Job]) -> Iterator[Finding]:
    well = 0
    for job in jobs:
        found = list(_examine_job(store, job))
        yield from found
        well += not found
    if well:
        yield fine(SUBJECT, f"{plural(well, 'job')}: models and data lie there as they were")


def _examine_job(store: Store, job: Job) -> Iterator[Finding]:
    runs = job.state is JobState.RUNNING
    tell = failure if runs else note  # of one that has ended it keeps nothing from working now
    try:
        check_places(job.spec)
        check_inputs(store, job, _find_models(job))
    except NotFoundError:  # it was deleted meanwhile
        return
    except UserError as error:
        yield tell(SUBJECT, f"job {job.name}, which is {job.state.value}: {error}")
    if job.fault is not None:
        yield note(SUBJECT, f"job {job.name} is stopped: {job.fault}")
    if runs and not any(x.seconds_silent < LIVE_SECONDS for x in store.workers(job.id)):
        hint = f"`peftsearch worker {job.name}` does"
        yield note(SUBJECT, f"job {job.name} runs, and nobody works on it: {hint}")


def _find_models(job: Job) -> dict[str, Any]:
    """The files of its models, of those that lie in a folder here."""
    named = {"model": job.spec.model.path, ENCODER: job.spec.model.encoder}
    folders = {name: Path(locate_model(x)) for name, x in named.items() if x is not None}
    return {name: _tell(str(x)) for name, x in folders.items() if x.is_dir()}


@cache
def _tell(folder: str) -> Mapping[str, Any]:
    """Several jobs have one model, and its weights take seconds to hash."""
    return ModelFiles(folder, Path(folder)).tell()
