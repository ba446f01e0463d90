"""The exports of a service: asked for, looked at, taken, deleted.

What is asked for, and what became of it, is kept in files (`export_records`), so that finished
exports outlive the service. An export that a service left behind unfinished is settled by what
its program wrote, when somebody next looks.
"""

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from peftsearch.errors import Conflict, NotFoundError
from peftsearch.insight.points import Point
from peftsearch.records.job import Job, Pulse
from peftsearch.service.settings import Settings
from peftsearch.spaces.configurations.forms import AskedForm

from .export_programs import kill, settle
from .export_records import ARCHIVE, ExportFolders, ExportRecord, Process, make_id
from .export_tasks import AT_ONCE, WAITS, ExportTasks

_LOST = "its program ended with the service; export again"


class Exporter:
    """The exports of one service; for all threads."""

    def __init__(
        self, settings: Settings, program: Sequence[str] = (sys.executable, "-m", "peftsearch")
    ) -> None:
        self._folders = ExportFolders(settings.root)
        self._owner = Process.find(os.getpid())
        self._tasks = ExportTasks(settings, program, self._folders)
        self._closed = False

    def start(self, job: Job, pick: str, form: AskedForm, trial: Point) -> ExportRecord:
        """The export of a trial: a new one, or the one that runs or is done already.

        Raises:
            Conflict: The service ends, or its folder of files cannot be written.
        """
        with self._tasks.lock:
            for known in self.all(job):
                same = known.trial == trial.number and form in (known.asked, known.form)
                if same and known.state != "failed":
                    return known
            if self._closed:
                raise Conflict("a running service", "one that ends", "start it again")
            record = self._record(job, pick, form, trial)
            self._create(record)
            self._tasks.start(record)
            return record

    def _record(self, job: Job, pick: str, form: AskedForm, trial: Point) -> ExportRecord:
        return ExportRecord(
            id=make_id(),
            job=job.name,
            pick=pick,
            form=form,
            state="running",
            trial=trial.number,
            words=trial.words,
            message=WAITS if len(self._tasks) >= AT_ONCE else None,
            rows=None,
            difference=None,
            bytes=None,
            created=time.time(),
            loading=None,
            asked=form,
            job_created=job.created,
            job_uid=job.uid,
            owner=self._owner,
        )

    def _create(self, record: ExportRecord) -> None:
        try:
            self._folders.write(record)
        except OSError as error:
            raise Conflict(
                "a writable folder of files", str(error.strerror), "ask who runs the service"
            ) from error

    def all(self, job: Job | Pulse) -> list[ExportRecord]:
        """The exports of a job, newest first."""
        return [self._settled(record) for record in self._folders.all(job)]

    def find(self, job: Pulse, export: str) -> ExportRecord:
        """One export.

        Raises:
            NotFoundError: The job has none of that id.
        """
        return self._settled(self._folders.read(job, export))

    def archive(self, job: Pulse, export: str) -> tuple[Path, ExportRecord]:
        """The archive of an export that is done.

        Raises:
            Conflict: It is not done.
            NotFoundError: There is none of that id, or its files were removed.
        """
        record = self.find(job, export)
        if record.state != "done":
            raise Conflict("an export that is done", record.state, "wait for it, or export again")
        path = self._folders.folder(record) / ARCHIVE
        if not path.is_file():
            raise NotFoundError("the export's archive", "no such file", "export again")
        return path, record

    def delete(self, job: Pulse, export: str) -> None:
        """End an export if it runs, and remove its files.

        Raises:
            NotFoundError: The job has none of that id.
        """
        record = self.find(job, export)
        self._tasks.end([record.id])
        if record.child is not None and record.child.lives:
            kill(record.child.pid)
        self._folders.remove(record)

    def forget(self, job: Job | Pulse) -> None:
        """End and remove all exports of a job that is deleted."""
        records = self._folders.all(job)
        self._tasks.end([record.id for record in records])
        for record in records:
            self._folders.remove(record)

    def close(self) -> None:
        """End all exports; those that did not finish have failed. May be called again."""
        with self._tasks.lock:
            self._closed = True
        for record in self._tasks.close():
            # Whoever looks next says so otherwise.
            with contextlib.suppress(OSError, NotFoundError):
                if self._folders.read_again(record).state == "running":
                    self._folders.write(replace(record, state="failed", message=_LOST))

    def _settled(self, record: ExportRecord) -> ExportRecord:
        """The record, or what became of it where nobody watched its end."""
        if record.state != "running":
            return record
        with self._tasks.lock:
            if record.id in self._tasks:
                return record
            with contextlib.suppress(NotFoundError):  # then it was deleted just now
                record = self._folders.read_again(record)
            if record.state != "running" or self._is_watched(record):
                return record
            with contextlib.suppress(OSError):  # then whoever looks next settles it
                folder = self._folders.folder(record)
                record = settle(folder, record, _LOST)
                self._folders.write(record)
            return record

    def _is_watched(self, record: ExportRecord) -> bool:
        """Whether another service, or its program alone, still runs."""
        others = record.owner != self._owner and record.owner.lives
        return others or (record.child is not None and record.child.lives)
