"""Where adapters are kept: whether each place answers, what is left there, and whether what the
records name is what lies there."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.records.trial import Trial
from peftsearch.results.wording import plural
from peftsearch.spaces.jobspec.artefacts_url import check_url, resolve_url
from peftsearch.storage.connection import is_there
from peftsearch.storage.migrations import HEAD
from peftsearch.storage.opening import read_revision
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.adapters import adapter_folder
from peftsearch.workers.artefacts.places import Place
from peftsearch.workers.artefacts.probing import check_shared

from .finding import Finding, Health, failure, fine
from .places import examine_disk

SUBJECT = "artefacts"
SAMPLE = 8
"""Adapters that are read, the newest of each job first."""


def examine_artefacts(storage: str, root: Path, asked: str | None) -> Iterator[Finding]:
    """Each place that is asked for or that jobs name, and a sample of the adapters.

    Args:
        storage: A SQLAlchemy URL; one that is not there, or of another schema, has no jobs.
        root: Folder of the jobs' files.
        asked: A URL or a path.
    """
    try:
        wanted = [] if asked is None else [resolve_url(check_url(asked), Path.cwd())]
    except UserError as error:
        yield failure(SUBJECT, str(error))
        wanted = []
    urls, trials = _read(storage)
    away: list[str] = []
    for url in dict.fromkeys((*wanted, *urls)):
        found = list(_examine_place(url))
        away += [url for x in found if x.health is Health.FAILED]
        yield from found
    there = [x for x in trials if not str(x.adapter).startswith(tuple(f"{y}/" for y in away))]
    if there:
        yield _examine_sample(root, there)


def _examine_place(url: str) -> Iterator[Finding]:
    try:
        check_shared(url)
    except UserError as error:
        yield failure(SUBJECT, str(error))
        return
    yield fine(SUBJECT, f"{url} can be read and written")
    if (folder := Place(url).folder) is not None:
        yield examine_disk(folder)


def _examine_sample(root: Path, trials: list[Trial]) -> Finding:
    for trial in trials:
        try:
            with adapter_folder(root, trial):
                pass
        except (UserError, OSError) as error:
            return failure(SUBJECT, str(error))
    kept = f"{plural(len(trials), 'adapter')} of the newest trials"
    return fine(SUBJECT, f"{kept}: what lies there is what was recorded, by its hash")


def _read(storage: str) -> tuple[list[str], list[Trial]]:
    """URLs of the jobs, and trials whose adapter is kept, of several jobs."""
    with contextlib.suppress(UserError):  # the database's own finding says so
        if is_there(storage) and read_revision(storage) == HEAD:
            with Store.open(storage) as store:
                jobs = [job for job in store.jobs() if not job.problem]
                urls = [x.spec.artefacts for x in jobs if x.spec.artefacts]
                newest = [_find_newest(store.trials(x.id)) for x in reversed(jobs[-SAMPLE:])]
                taken = [x for group in newest for x in group[: -(-SAMPLE // len(newest))]]
                return urls, taken[:SAMPLE]
    return [], []


def _find_newest(trials: list[Trial]) -> list[Trial]:
    kept = [x for x in trials if x.adapter is not None]
    return sorted(kept, key=lambda x: -x.number)[:SAMPLE]
