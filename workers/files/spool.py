"""Results that the database could not take, kept as files until it can.

The attempt number travels with each result, so that sending it again is harmless: the store
accepts it once, or refuses it as stale.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from peftsearch.durable import write_whole
from peftsearch.errors import NotFoundError, StaleLeaseError
from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind
from peftsearch.storage.store import Store

from .job_folder import claim_mark, spool_folder
from .ownership import describes


@dataclass(frozen=True)
class Result:
    """The end of one attempt: measurements, or a failure with its message.

    Attributes:
        job: `uid` of its job, since trials of two databases may have one id; empty in files of
            older versions.
        claimed: When the trial was claimed, as of `Store.complete`; None in files of older
            versions.
    """

    job: str
    trial_id: int
    attempt: int
    measurements: Mapping[str, float]
    provenance: Mapping[str, Any]
    adapter: str | None = None
    adapter_sha256: str | None = None
    failure: str | None = None
    message: str = ""
    curve: Mapping[float, float] = field(default_factory=dict)
    claimed: float | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `asdict` gave, after JSON made text of the curve's shares; older ones had none."""
        curve = {float(share): loss for share, loss in data.get("curve", {}).items()}
        return cls(**({"job": ""} | dict(data) | {"curve": curve}))

    def record(self, store: Store) -> bool:
        """Write it to the store; False where the attempt is not current.

        Raises:
            NotFoundError: The store has no such trial.
            StoreUnavailable: The database cannot be reached.
        """
        try:
            if self.failure is not None:
                kind = FailureKind(self.failure)
                store.fail(self.trial_id, self.attempt, kind, self.message, self.claimed)
            else:
                store.complete(
                    self.trial_id,
                    self.attempt,
                    self.measurements,
                    self.provenance,
                    self.adapter,
                    self.curve,
                    self.adapter_sha256,
                    self.claimed,
                )
        except StaleLeaseError:
            return False
        return True


def spool(root: Path, job: Job, result: Result) -> Path:
    """Keep a result as a file, whole or not at all."""
    folder = spool_folder(root, job)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{result.trial_id}-{result.attempt}{claim_mark(result.claimed)}.json"
    path = folder / name
    write_whole(path, json.dumps(asdict(result)), durable=True, mode=0o600)
    return path


def flush(root: Path, store: Store, job: Job) -> int:
    """Record all spooled results of a job, in order of their names, and remove their files. One
    whose trial the store does not know stays: it may be of a database that comes back.

    Args:
        root: Folder of the jobs' files.

    Returns:
        How many were accepted.

    Raises:
        StoreUnavailable: The database cannot be reached; what is left stays spooled.
    """
    waiting = _waiting(spool_folder(root, job))
    own = [(path, result) for path, result in waiting if result.job == job.uid]
    accepted = 0
    for path, result in own + _left_by_older_versions(root, store, job):
        try:
            accepted += result.record(store)
        except NotFoundError:
            if _is_there(store, job):
                continue
        path.unlink(missing_ok=True)
    return accepted


def _is_there(store: Store, job: Job) -> bool:
    try:
        return store.job(job.id).uid == job.uid
    except NotFoundError:
        return False


def _waiting(folder: Path) -> list[tuple[Path, Result]]:
    found = ((path, _read(path)) for path in sorted(folder.glob("*.json")))
    return [(path, result) for path, result in found if result is not None]


def _read(path: Path) -> Result | None:
    """None where another worker of this machine was faster, or what stands there is no result: its
    trial is trained again."""
    try:
        return Result.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError, AttributeError, RecursionError):
        return None


def _left_by_older_versions(root: Path, store: Store, job: Job) -> list[tuple[Path, Result]]:
    """Results of a folder that jobs of one name shared: those whose adapter is the trial's.

    Others stay where they are, and their trials are trained again.
    """
    if not (waiting := _waiting(root / job.name / "spool")):
        return []
    running = {(trial.id, trial.attempt): trial for trial in store.open_trials(job.id)}
    return [
        (path, result)
        for path, result in waiting
        if (trial := running.get((result.trial_id, result.attempt))) is not None
        and (not result.job and result.provenance.get("seed") == trial.seed)
        and describes(root / str(result.adapter), trial.configuration, result.provenance)
    ]
