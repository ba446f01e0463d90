"""What is kept of each export: one folder with its adapter, its archive and its `status.json`."""

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import psutil

from peftsearch.errors import NotFoundError
from peftsearch.records.job import Job, Pulse
from peftsearch.spaces.configurations.forms import AskedForm
from peftsearch.workers.files.job_folder import job_folder

ADAPTER = "adapter"
ARCHIVE = "archive.zip"
_STATUS = "status.json"


class Process(NamedTuple):
    """One process of this machine; the time of its start tells it from a later one of its id."""

    pid: int
    started: float

    @classmethod
    def find(cls, pid: int) -> Self:
        """The process that has an id now; one without a start has ended already."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return cls(pid, 0.0)

    @property
    def lives(self) -> bool:
        """Whether it still runs."""
        try:
            found = psutil.Process(self.pid)
            same = found.create_time() == self.started
            return same and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True)
class Export:
    """One export, as anybody may see it.

    Attributes:
        pick: What was asked for; it meant `trial` then.
        form: What was asked for, and once known what was written.
        message: What it waits for, or why it failed.
        rows: Validation rows on which the reloaded export was compared with the trial.
        difference: Largest absolute difference of an output among them.
        bytes: Size of the archive.
        file_size: Bytes of its files of weights.
        created: Seconds since the epoch.
        loading: Python that loads it.
    """

    id: str
    job: str
    pick: str
    form: AskedForm
    state: Literal["running", "done", "failed"]
    trial: int
    words: str
    message: str | None
    rows: int | None
    difference: float | None
    bytes: int | None
    created: float
    loading: str | None
    file_size: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class ExportRecord(Export):
    """The same with what its service alone needs to know.

    Attributes:
        asked: The form that was asked for.
        job_created: Tells the job from others of its name.
        job_uid: Of the job; empty in exports of older versions, which lie in a folder of its name.
        owner: The service that started it.
        child: The program that writes it, once it began.
    """

    asked: AskedForm
    job_created: float
    owner: Process
    child: Process | None = None
    job_uid: str = ""

    @property
    def title(self) -> str:
        """Name of its archive, and of the folder in it."""
        return f"{self.job}-trial-{self.trial}-{self.form}"


def make_id() -> str:
    """16 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(8)


class ExportFolders:
    """The exports below the folder of the jobs' files; nothing outside it is read or removed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, record: ExportRecord) -> Path:
        """Where an export lies, or would."""
        name = f"{record.job}-{record.job_uid}" if record.job_uid else record.job
        return self._root / name / "exports" / record.id

    def write(self, record: ExportRecord) -> None:
        """Keep a record, whole or as it was before."""
        folder = self.folder(record)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{_STATUS}"
        part.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
        os.replace(part, folder / _STATUS)

    def read(self, job: Job | Pulse, export: str) -> ExportRecord:
        """One record of a job.

        Raises:
            NotFoundError: It has none of that id.
        """
        for place in self._places(job):
            record = self._read(place / export)
            if record is not None and record.job_created == job.created:
                return record
        raise _unknown(job.name, export)

    def read_again(self, record: ExportRecord) -> ExportRecord:
        """The same record as it is now.

        Raises:
            NotFoundError: It was deleted.
        """
        found = self._read(self.folder(record))
        if found is None:
            raise _unknown(record.job, record.id)
        return found

    def all(self, job: Job | Pulse) -> list[ExportRecord]:
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
        return [self._root / name / "exports" for name in (job_folder(job), job.name)]

    def remove(self, record: ExportRecord) -> None:
        """Delete an export's folder."""
        folder = self.folder(record)
        if self._inside(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _read(self, folder: Path) -> ExportRecord | None:
        """None where the folder holds no record, or one that is not its own."""
        if not self._inside(folder):
            return None
        try:
            data = json.loads((folder / _STATUS).read_text(encoding="utf-8"))
            record = _parse(data)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return record if self.folder(record) == folder else None

    def _inside(self, folder: Path) -> bool:
        """Whether no link leads elsewhere."""
        expected = self._root.resolve() / folder.relative_to(self._root)
        return folder.is_dir() and folder.resolve() == expected


def _unknown(job: str, export: str) -> NotFoundError:
    return NotFoundError(
        f"an export of job {job!r}", repr(export), "see the job's list of exports"
    )


def _parse(data: dict[str, Any]) -> ExportRecord:
    child = data["child"]
    processes = {
        "owner": Process(*data["owner"]),
        "child": None if child is None else Process(*child),
    }
    return ExportRecord(**(data | processes))
