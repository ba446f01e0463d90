"""Results that the database could not take, kept as files until it can.

The attempt number travels with each result, so that sending it again is harmless: the store
accepts it once, or refuses it as stale.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peftsearch.spaces.errors import StaleLeaseError
from peftsearch.storage.records import FailureKind
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

    def record(self, store: Store) -> bool:
        """Write it to the store; False where the attempt is no longer current.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        try:
            if self.failure is not None:
                kind = FailureKind(self.failure)
                store.fail(self.trial_id, self.attempt, kind, self.message)
            else:
                store.complete(
                    self.trial_id, self.attempt, self.measurements, self.provenance, self.adapter
                )
        except StaleLeaseError:
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
            result = Result(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:  # another worker of this machine was faster
            continue
        accepted += result.record(store)
        path.unlink(missing_ok=True)
    return accepted
