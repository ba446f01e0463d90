"""What attempts left on disk and no record names: their workers were killed, or came too late."""

import contextlib
import re
import shutil
from collections.abc import Iterator
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
    adapters = [*_find(trials_folder(root, job), _ADAPTER)]
    results = [*_find(spool_folder(root, job), _RESULT)]
    if not (adapters or results):
        return
    trials = store.attempts(job.id)  # after the files: what began since is not among them
    marks = {(number, claim_mark(claimed)) for number, claimed in store.claims(job.id)}
    numbers, ids = ({x.number: x for x in trials}, {x.id: x for x in trials})
    for known, found in ((numbers, adapters), (ids, results)):
        for path, trial, attempt, mark in found:
            ours = trial in known and (not mark or (trial, mark) in marks)
            if ours and _is_over(known[trial], attempt, path):
                _remove(path)


def _find(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[Path, int, int, str]]:
    """What the pattern finds in a folder, each with its trial, its attempt and a mark or none."""
    for path in folder.glob("*"):
        if found := pattern.fullmatch(path.name):
            yield path, int(found[1]), int(found[2]), found[3] or ""


def _is_over(trial: Attempt, attempt: int, path: Path) -> bool:
    if trial.adapter is not None and Path(trial.adapter).name == path.name:
        return False
    ended = trial.state in _ENDED
    return attempt < trial.attempt or (ended and attempt == trial.attempt)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
