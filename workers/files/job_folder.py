"""Where a job's files lie: adapters, spooled results and rungs, under one root by the database."""

import contextlib
import os
import tempfile
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.records.job import Job, Pulse
from peftsearch.records.trial import Trial
from peftsearch.storage.connection import is_misspelt, parse_url

_DEFAULT, _TRIALS = "peftsearch.files", "trials"
_PROBE_BYTES = 65536
"""A full disk still takes files without content."""


def files_root(storage: str) -> Path:
    """Folder for the files of a storage: beside an SQLite database, else in the working folder.

    Args:
        storage: A SQLAlchemy URL.

    Raises:
        UserError: It is not one that a store can open.
    """
    url = parse_url(storage)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).resolve().with_suffix(".files")
    return Path(_DEFAULT).resolve()


def choose_root(storage: str, files: str | Path | None) -> Path:
    """Folder for the files of a storage: the user's, or else the storage's own.

    Raises:
        UserError: It is a URL, or the storage is none that a store can open.
    """
    if ":/" in str(files) or is_misspelt(str(files)):
        raise UserError(
            "a folder of files", f"the URL {str(files)!r}", "name a database as the storage"
        )
    return Path(files).resolve() if files else files_root(storage)


def remove_empty(folder: Path) -> None:
    """Remove what is empty of a folder and those below it; no links are followed."""
    for inner, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):  # something lies in it
            os.rmdir(inner)


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made or written, also for want of room.

    Raises:
        UserError: Says which and why.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE_BYTES))
    except OSError as error:
        raise UserError(
            f"a writable folder {str(folder)!r}",
            str(error),
            "make room, or choose another folder of files",
        ) from error


def job_folder(job: Job | Pulse) -> str:
    """Name of a job's folder below the root, which jobs of other databases may share."""
    return f"{job.name}-{job.uid}"


def adapter_name(job: Job, trial: Trial) -> str:
    """Path of the adapter of a trial's attempt relative to the root; the store keeps this.

    A folder for each claim, so that a late twin cannot overwrite the winner; nor can what is
    trained for a database that was restored, or copied, and gives the same attempts again.
    """
    mark = claim_mark(trial.claimed)
    return f"{job_folder(job)}/{_TRIALS}/{trial.number:06d}-{trial.attempt}{mark}"


def claim_mark(claimed: float | None) -> str:
    """A claim at the end of names of files: its moment, in milliseconds since the epoch, as 11
    letters behind a hyphen; nothing where it is not known."""
    return "" if claimed is None else f"-{round(claimed * 1000):011x}"


def trials_folder(root: Path, job: Job) -> Path:
    """Where the adapters of a job's trials are."""
    return root / job_folder(job) / _TRIALS


def spool_folder(root: Path, job: Job) -> Path:
    """Where results wait that the database could not take."""
    return root / job_folder(job) / "spool"


def rungs_folder(root: Path, job: Job) -> Path:
    """Where trainings that are broken off wait to go on."""
    return root / job_folder(job) / "rungs"


def rung_path(root: Path, job: Job, trial: Trial) -> Path:
    """The one file of a trial's rungs, whatever the attempt."""
    return rungs_folder(root, job) / rung_name(trial)


def rung_name(trial: Trial) -> str:
    """Of that file."""
    return f"{trial.number:06d}-{trial.seed}.safetensors"
