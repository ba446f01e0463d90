"""Whose adapter a folder holds. Imports no torch.

Folders are shared, copied and restored: files that are not what the trial's worker saved are
refused by name, since they would load all the same.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.records.trial import PROPOSED, Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.workers.runtime.file_hashes import hash_file
from peftsearch.workers.runtime.small_files import read_small

TENSORS = "adapter.safetensors"
CONFIGURATION = "configuration.json"


def hash_tensors(folder: Path) -> str:
    """SHA-256 of an adapter's tensors, as `sha256sum` prints it.

    Raises:
        OSError: There is no such file, or it cannot be read.
    """
    return hash_file(folder / TENSORS)


def describes(folder: Path, configuration: Configuration, provenance: Mapping[str, Any]) -> bool:
    """Whether a folder says that it holds an adapter of that configuration and provenance; why it
    was proposed the store alone knows, whatever a training wrote in its place."""
    try:
        content = json.loads(read_small(folder / CONFIGURATION))
        same = Configuration.from_json(content["configuration"]) == configuration
        return same and _worked(content["metadata"]) == _worked(provenance)
    except (OSError, ValueError, LookupError, TypeError, UserError):
        return False


def _worked(provenance: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in dict(provenance).items() if name != PROPOSED}


def check_adapter(folder: Path, trial: Trial, kept: str | None = None) -> None:
    """Refuse files that are not what the trial's worker saved.

    Of trials that ran before hashes were kept, what the folder says of itself is compared.

    Args:
        kept: The URL that the folder is a copy of, for people; None where it is no copy.

    Raises:
        UserError: They were changed, replaced by another job's, or are not there.
    """
    try:
        found = hash_tensors(folder)
    except OSError as error:
        got = f"{TENSORS}: {error.strerror}"
        deleted = "see `peftsearch jobs` for whether the job was deleted, or "
        hint = _hint(folder) if folder.exists() else f"{deleted}{_hint(folder)}"
        raise UserError(f"the adapter of trial {trial.number}", got, hint) from error
    if trial.adapter_sha256 not in (None, found):
        got = f"{TENSORS} with {found[:12]}"
        known = f"the adapter of trial {trial.number}, with SHA-256 {trial.adapter_sha256[:12]}"
        raise UserError(known, got, f"it was damaged or replaced: {_hint(kept or folder)}")
    if not describes(folder, trial.configuration, trial.provenance):
        got = f"{CONFIGURATION} of another one, or a damaged one"
        raise UserError(f"the adapter of trial {trial.number}", got, _hint(kept or folder))


def check_trained_on(trial: Trial, fingerprint: str) -> None:
    """Refuse to have an adapter answer rows that its trial was not scored on, and perhaps was
    trained on.

    Args:
        fingerprint: Of the job's rows as they are now (`TaskData.fingerprint`).

    Raises:
        UserError: They are others.
    """
    if trial.provenance.get("data") not in (None, fingerprint):
        expected = f"the rows that trial {trial.number} had, in their order"
        raise UserError(expected, "others", "put the data of the job back", "task.train")


def _hint(kept: Path | str) -> str:
    """With the whole path: what is expected and what came are cut where they are long."""
    other = ", name another folder of files," * isinstance(kept, Path)
    return f"restore {kept} from a backup{other or ','} or export another trial"
