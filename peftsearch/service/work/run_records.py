"""What is kept of each run of a program for a job: one folder with its files and `status.json`."""

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from peftsearch.durable import write_whole
from peftsearch.errors import NotFoundError
from peftsearch.records.job import Job, Pulse
from peftsearch.workers.files.job_folder import job_folder
from peftsearch.workers.processes.held_folder import HeldFolder

from .processes import Process

_STATUS = "status.json"
SILENT_SECONDS = 120.0
"""After which a service on another machine is taken to be gone. File systems of networks tell the
times of files up to a minute late."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run, as anybody may see it.

    Attributes:
        message: What it waits for, or why it failed.
        created: Seconds since the epoch.
    """

    id: str
    job: str
    state: Literal["running", "done", "failed"]
    message: str | None
    created: float


@dataclass(frozen=True, kw_only=True)
class RunRecord(Run):
    """The same with what its service alone needs to know.

    Attributes:
        job_created: Tells the job from others of its name.
        job_uid: Of the job; empty in runs of older versions, which lie in a folder of its name.
        owner: The service that started it.
        child: The program, once it began.
    """

    job_created: float
    owner: Process
    child: Process | None = None
    job_uid: str = ""


R = TypeVar("R", bound=RunRecord)


def make_id() -> str:
    """16 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(8)


class RunFolders(Generic[R]):
    """Runs of one kind below the folder of the jobs' files; nothing outside it is read or
    removed.

    Args:
        kind: Of its records.
        place: Name of the folder that holds them in that of each job.
        noun: What one is called.
    """

    def __init__(self, root: Path, kind: type[R], place: str, noun: str) -> None:
        self._root, self._kind, self._place, self._noun = root, kind, place, noun

    def folder(self, record: R) -> Path:
        """Where a run lies, or would."""
        name = f"{record.job}-{record.job_uid}" if record.job_uid else record.job
        return self._root / name / self._place / record.id

    def make(self, record: R) -> None:
        """Keep the record of a new run."""
        self.folder(record).mkdir(parents=True)
        self.write(record)

    def write(self, record: R) -> None:
        """Keep a record, whole or as it was before; not of a run that was deleted meanwhile.

        Raises:
            OSError: The disk takes nothing, or the run is gone.
        """
        write_whole(self.folder(record) / _STATUS, json.dumps(asdict(record), indent=1))

    def beat(self, record: R) -> bool:
        """Show services on other machines that this one has a run; False where it was deleted."""
        try:
            os.utime(self.folder(record) / _STATUS)
        except OSError as error:
            return not isinstance(error, FileNotFoundError)
        return True

    def is_heard(self, record: R) -> bool:
        """Whether a service showed that it has a run, a short while ago by the clock of whoever
        keeps the files; taken to be so where they cannot be written."""
        folder = self.folder(record)
        try:
            with tempfile.TemporaryFile(dir=folder) as made:
                now = os.fstat(made.fileno()).st_mtime
            return now - (folder / _STATUS).stat().st_mtime < SILENT_SECONDS
        except OSError:
            return True

    def hold(self, record: R) -> HeldFolder:
        """The folder of its job, by which a deletion of the job is known."""
        return HeldFolder(self.folder(record).parents[1])

    def read(self, job: Job | Pulse, run: str) -> R:
        """One record of a job.

        Raises:
            NotFoundError: It has none of that id.
        """
        for place in self._places(job):
            record = self._read(place / run)
            if record is not None and record.job_created == job.created:
                return record
        raise self._unknown(job.name, run)

    def read_again(self, record: R) -> R:
        """The same record as it is now.

        Raises:
            NotFoundError: It was deleted.
        """
        found = self._read(self.folder(record))
        if found is None:
            raise self._unknown(record.job, record.id)
        return found

    def all(self, job: Job | Pulse) -> list[R]:
        """The records of a job, newest first."""
        entries = [
            entry
            for place in self._places(job)
            if place.is_dir()
            for entry in sorted(place.iterdir())
        ]
        found = [record for entry in entries if (record := self._read(entry)) is not None]
        mine = [record for record in found if record.job_created == job.created]
        return sorted(mine, key=lambda x: (-x.created, x.id))

    def _places(self, job: Job | Pulse) -> list[Path]:
        """The job's own, and that of older versions, which others of its name shared."""
        return [self._root / name / self._place for name in (job_folder(job), job.name)]

    def remove(self, record: R) -> None:
        """Delete a run's folder, under a name at which no program of it writes."""
        folder = self.folder(record)
        if self._inside(folder):
            away = folder.with_name(f".{folder.name}.{make_id()}")
            with contextlib.suppress(OSError):  # then another service was faster
                folder.rename(away)
            shutil.rmtree(away, ignore_errors=True)

    def _read(self, folder: Path) -> R | None:
        """None where the folder holds no record, or one that is not its own."""
        if not self._inside(folder):
            return None
        try:
            data = json.loads((folder / _STATUS).read_text(encoding="utf-8"))
            record = self._parse(data)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return record if self.folder(record) == folder else None

    def _inside(self, folder: Path) -> bool:
        """Whether no link leads elsewhere."""
        expected = self._root.resolve() / folder.relative_to(self._root)
        return folder.is_dir() and folder.resolve() == expected

    def _unknown(self, job: str, run: str) -> NotFoundError:
        return NotFoundError(
            f"{self._noun} of job {job!r}", repr(run), f"see the job's list of {self._place}"
        )

    def _parse(self, data: dict[str, Any]) -> R:
        child = data["child"]
        processes = {
            "owner": Process.read(data["owner"]),
            "child": None if child is None else Process.read(child),
        }
        return self._kind(**(data | processes))
