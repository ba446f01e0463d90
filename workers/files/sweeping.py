"""What attempts left on disk and no record names: their workers were killed, or came too late."""

import contextlib
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from peftsearch.records.job import Job
from peftsearch.records.trial import Attempt, TrialState
from peftsearch.storage.store import Store

from .job_folder import claim_mark, spool_folder, trials_folder

_ADAPTER = re.compile(r"\.?([0-9]{6,18})-([0-9]{1,9})(-[0-9a-f]{11})?(?:-\w{1,20})?")
"""An adapter's folder, by its trial's number and attempt and the mark of its claim, which older
versions did not write; and what is not one yet."""
_RESULT = re.compile(
    r"\.?([0-9]{1,18})-([0-9]{1,9})(?:-[0-9a-f]{11})?()\.(?:json|(?:json\.)?\w{1,40}\.part)"
)
"""A result that nobody can read, or that was not written to its end (`durable.replacing`, and as
older versions did), by its trial's id and attempt."""
_ENDED = (TrialState.COMPLETED, TrialState.FAILED)


def sweep_attempts(root: Path, store: Store, job: Job) -> None:
    """Remove what attempts left that are over, but for the adapters of ended trials. What belongs
    to a trial or a claim that the store does not know stays: it may be of a lost database, or of
    one that this is a copy of.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    adapters, results = trials_folder(root, job), spool_folder(root, job)
    for name in find_over(store, job, [x.name for x in adapters.glob("*")]):
        _remove(adapters / name)
    found = [*_find((x.name for x in results.glob("*")), _RESULT)]
    known = {x.id: x for x in store.attempts(job.id)} if found else {}
    for name, trial, attempt, _ in found:
        if trial in known and _is_over(known[trial], attempt):
            _remove(results / name)


def find_over(store: Store, job: Job, names: Iterable[str]) -> list[str]:
    """Of names of adapters, those of attempts that are over and whose trial keeps another one or
    none, as of `sweep_attempts`.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    if not (found := [*_find(names, _ADAPTER)]):
        return []
    trials = {x.number: x for x in store.attempts(job.id)}  # after the names: none began since
    marks = {(number, claim_mark(claimed)) for number, claimed in store.claims(job.id)}
    return [
        name
        for name, trial, attempt, mark in found
        if (trial in trials and (not mark or (trial, mark) in marks))
        and _is_over(trials[trial], attempt)
        and name not in str(trials[trial].adapter).split("/")
    ]


def _find(names: Iterable[str], pattern: re.Pattern[str]) -> Iterator[tuple[str, int, int, str]]:
    """What the pattern finds, each with its trial, its attempt and a mark or none."""
    for name in names:
        if found := pattern.fullmatch(name):
            yield name, int(found[1]), int(found[2]), found[3] or ""


def _is_over(trial: Attempt, attempt: int) -> bool:
    ended = trial.state in _ENDED
    return attempt < trial.attempt or (ended and attempt == trial.attempt)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
