"""The newest rung of a trial on disk: one safetensors file, whole or not at all.

No training needs it: what cannot be written is left out, what cannot be read is not there.
"""

import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from peftsearch.durable import sync
from peftsearch.errors import NotFoundError
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.storage.store import Store

from .job_folder import rung_path, rungs_folder

_NAMES = "[0-9]*-[0-9]*.*"
"""Of rungs and of their parts, among whatever else a person may have put there."""


@dataclass(frozen=True)
class RungFile:
    """One trial's file; a `Keeper` of `workers.training`."""

    path: Path

    def load(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
        """What was saved last, plain data and tensors; None where there is no file, or one that is
        not what was written."""
        try:
            with safe_open(self.path, framework="pt") as file:
                header = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}
            if header["sha256"] != _digest(header["told"], tensors):
                return None
            return json.loads(header["told"]), tensors
        except (OSError, SafetensorError, LookupError, TypeError, ValueError):
            return None

    def save(self, told: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
        """Replace what was saved before; where the system does not take it, that stays.

        Args:
            told: Plain data for JSON.
            tensors: By name, on the CPU, contiguous, each with memory of its own.
        """
        text = json.dumps(told)
        content = save(dict(tensors), {"told": text, "sha256": _digest(text, tensors)})
        part = self.path.with_suffix(f".{uuid.uuid4().hex}.part")
        with contextlib.suppress(OSError):
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                _write(part, content)
                part.replace(self.path)
                sync(self.path.parent)
            finally:
                part.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the file, and the parts of those that were killed as they wrote it."""
        for path in self.path.parent.glob(f"{self.path.stem}.*"):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def sweep_rungs(root: Path, store: Store, job: Job) -> None:
    """Remove the rungs that no trial will go on from: of trials that ended elsewhere, or of a job
    that is gone.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    folder = rungs_folder(root, job)
    if found := [*folder.glob(_NAMES)]:  # looked for first: a trial may begin meanwhile
        awaited = {rung_path(root, job, trial).stem for trial in find_open(store, job)}
        for path in found:
            if path.name.partition(".")[0] not in awaited:
                RungFile(path).remove()
    with contextlib.suppress(OSError):
        folder.rmdir()


def find_open(store: Store, job: Job) -> list[Trial]:
    """The trials of a job that wait or run; none of one that is gone.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    with contextlib.suppress(NotFoundError):
        if store.job(job.id).uid == job.uid:
            return store.open_trials(job.id)
    return []


def _digest(told: str, tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of all that a rung says."""
    found = hashlib.sha256(told.encode())
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
