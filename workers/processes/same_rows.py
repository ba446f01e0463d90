"""Whether the rows and the weights that a job reads are still those that it, or the job beside
which it stands, trained on: qualities of others say nothing of each other."""

from collections.abc import Mapping
from typing import Any

from peftsearch.errors import UserError
from peftsearch.records.job import Job
from peftsearch.records.trial import ENCODER, FILES_BESIDE
from peftsearch.storage.store import Store

from .companions import find_parent, find_same

_KEYS = {"model": "model.path", ENCODER: "model.encoder"}
"""What of a job file each name of a provenance is about."""


def check_inputs(store: Store, job: Job, fingerprint: str, weights: Mapping[str, str]) -> None:
    """Refuse to train on, to compare by, or to read by others than before.

    Args:
        fingerprint: Of the rows as they are now (`TaskData.fingerprint`).
        weights: Hashes of the models' as they are now, by their names in provenances.

    Raises:
        NotFoundError: The job was deleted.
        UserError: They are others.
    """
    parent = _find_parent(store, job)
    _check_rows(store, job, parent, fingerprint)
    _check_weights(store, job, parent, weights)


def _check_rows(store: Store, job: Job, parent: Job | None, fingerprint: str) -> None:
    known = _last_told(store, (job, parent), "data")
    if known is not None and str(known) != fingerprint:
        raise UserError(
            f"the rows that the trials of {(parent or job).name} had, in their order",
            f"others in {job.spec.task.train}",
            "put the data back, or launch a job of another name",
            "task.train",
        )


def check_weights(store: Store, job: Job, weights: Mapping[str, str]) -> None:
    """Refuse to train on another model, or to read by another encoder, than before.

    Args:
        weights: Hashes of their weights as they are now, by their names in provenances.

    Raises:
        NotFoundError: The job was deleted.
        UserError: They are others.
    """
    _check_weights(store, job, _find_parent(store, job), weights)


def _check_weights(store: Store, job: Job, parent: Job | None, weights: Mapping[str, str]) -> None:
    for name, sha256 in weights.items():
        trained = _told_weights(store, (job, parent), name)
        if trained is not None and trained != sha256:
            raise UserError(
                f"the {name} that the trials of {(parent or job).name} had, with weights "
                f"{trained[:12]}",
                f"weights {sha256[:12]}",
                "put the files back, or launch a job of another name",
                _KEYS[name],
            )


def check_files_beside(store: Store, job: Job, files: Mapping[str, str]) -> None:
    """Refuse a model whose weights would be read otherwise: equal weights with another tokenizer
    or another configuration answer otherwise. Trials of before these files were kept tell none.

    Args:
        files: Hashes of those that say how a model is read, by name (`hash_files_beside`).

    Raises:
        NotFoundError: The job was deleted.
        UserError: One is another, or it is not there.
    """
    known = _last_told(store, (job, _find_parent(store, job)), "model")
    for name, sha256 in (known or {}).get(FILES_BESIDE, {}).items():
        if files.get(name) != sha256:
            raise UserError(
                f"the {name} with which {job.name} was trained, SHA-256 {sha256[:12]}",
                f"SHA-256 {files[name][:12]}" if name in files else "no such file",
                "put the files back as they were, or launch a job of another name",
                _KEYS["model"],
            )


def find_weights(store: Store, job: Job, name: str) -> str | None:
    """The fingerprint of the weights that the trials of a job had, or those of the job beside
    which it stands; None where none tells it.

    Args:
        name: In provenances, `model` or `ENCODER`.
    """
    return _told_weights(store, (job, _find_parent(store, job)), name)


def _told_weights(store: Store, among: tuple[Job | None, ...], name: str) -> str | None:
    known = _last_told(store, among, name)
    found = known.get("sha256") if isinstance(known, Mapping) else None
    return None if found is None else str(found)


def _last_told(store: Store, among: tuple[Job | None, ...], name: str) -> Any:
    return next(filter(None, (store.last_told(x.id, name) for x in among if x)), None)


def _find_parent(store: Store, job: Job) -> Job | None:
    """None of a job that searches, and where the parent was deleted."""
    told = find_parent(store, job)
    return None if told is None else find_same(store, told["name"], told["uid"])
