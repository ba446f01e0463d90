"""Whether the rows and the models that a job reads are still those that it, or the job beside
which it stands, was prepared with and trained on."""

from collections.abc import Mapping
from typing import Any

from peftsearch.records.job import Job
from peftsearch.records.trial import FILES_BESIDE
from peftsearch.storage.store import Store
from peftsearch.workers.models.model_files import KEYS
from peftsearch.workers.preparation.same_inputs import check_same_inputs

from .companions import find_parent, find_same


def check_inputs(store: Store, job: Job, inputs: Mapping[str, Any]) -> None:
    """Refuse to train on, to compare by, or to read by others than before.

    What the job was prepared with is known from its first trial on. A job that was prepared before
    that was kept is known by its trials, by the latest one that tells of each.

    Args:
        inputs: As they are now (`OpenedJob.inputs`), or some of them.

    Raises:
        NotFoundError: The job was deleted.
        UserError: They are others.
    """
    parent = _find_parent(store, job)
    known = {name: _told(store, (job, parent), name) for name in inputs}
    check_same_inputs(known, inputs, (parent or job).name, str(job.spec.task.train))


def find_weights(store: Store, job: Job, name: str) -> str | None:
    """The fingerprint of the weights that a job had, or those of the job beside which it stands;
    None where nothing tells it.

    Args:
        name: In provenances, `model` or `ENCODER`.
    """
    told = _told(store, (job, _find_parent(store, job)), name)
    found = told.get("sha256")
    return None if found is None else str(found)


def _told(store: Store, among: tuple[Job | None, ...], name: str) -> Any:
    there = [x.id for x in among if x]
    prepared = filter(None, map(store.preparation, there))
    if found := next(filter(None, (x.made_of.get(name) for x in prepared)), None):
        return found
    if name not in KEYS:
        return _last_told(store, there, name)
    return {x: _last_told(store, there, name, x) for x in ("sha256", FILES_BESIDE)}


def _last_told(store: Store, among: list[int], *names: str) -> Any:
    return next(filter(None, (store.last_told(x, *names) for x in among)), None)


def _find_parent(store: Store, job: Job) -> Job | None:
    """None of a job that searches, and where the parent was deleted."""
    told = find_parent(store, job)
    return None if told is None else find_same(store, told["name"], told["uid"])
