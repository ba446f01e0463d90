"""Results that the database could not take, kept as files until it can.

The attempt number travels with each result, so that sending it again is harmless: the store
accepts it once, or refuses it as stale.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from peftsearch.errors import NotFoundError, StaleLeaseError
from peftsearch.records.trial import FailureKind
from peftsearch.storage.store import Store


@dataclass(frozen=True)
class Result:
    """The end of one attempt: measurements, or a failure with its message."""

    trial_id: int
    attempt: int
    measurements: Mapping[str, float]
    provenance: Mapping[str, Any]
    adapter: str | None = None
    failure: str | None = None
    message: str = ""
    curve: Mapping[float, float] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `asdict` gave, after JSON made text of the curve's shares; older ones had none."""
        curve = {float(share): loss for share, loss in data.get("curve", {}).items()}
        return cls(**(dict(data) | {"curve": curve}))

    def record(self, store: Store) -> bool:
        """Write it to the store; False where the attempt is not current, or the job deleted.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        try:
            if self.failure is not None:
                kind = FailureKind(self.failure)
                store.fail(self.trial_id, self.attempt, kind, self.message)
            else:
                store.complete(
                    self.trial_id,
                    self.attempt,
                    self.measurements,
                    self.provenance,
                    self.adapter,
                    self.curve,
                )
        except (StaleLeaseError, NotFoundError):
            return False
        return True


def spool(folder: Path, result: Result) -> Path:
    """Keep a result as a file, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(result), file)
        file.flush()
        os.fsync(file.fileno())
    path = folder / f"{result.trial_id}-{result.attempt}.json"
    Path(temporary).replace(path)
    return path


def flush(folder: Path, store: Store) -> int:
    """Record all spooled results, in order of their names, and remove their files.

    Returns:
        How many were accepted.

    Raises:
        StoreUnavailable: The database cannot be reached; what is left stays spooled.
    """
    accepted = 0
    for path in sorted(folder.glob("*.json")):
        try:
            result = Result.from_json(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:  # another worker of this machine was faster
            continue
        accepted += result.record(store)
        path.unlink(missing_ok=True)
    return accepted
