"""The runs of a service for its jobs: begun, looked at, ended, removed.

What is asked for, and what became of it, is kept in files (`run_records`), so that what has ended
outlives the service. A run that a service left behind unfinished is settled by what its program
wrote, when somebody next looks.
"""

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic

from peftsearch.errors import Conflict, NotFoundError
from peftsearch.records.job import Job, Pulse

from .processes import Process, kill
from .run_records import R, RunFolders, make_id
from .run_tasks import Program, RunTasks


class Runs(Generic[R]):
    """Runs of one kind; for all threads.

    Args:
        program: What runs.
        at_once: Programs that run side by side.
        noun: What one is called in messages, without an article.
        again: What to do about one whose program died with the service.

    Attributes:
        noun: The same.
    """

    def __init__(
        self, folders: RunFolders[R], program: Program[R], at_once: int, noun: str, again: str
    ) -> None:
        self._folders, self._program = folders, program
        self._owner = Process.find(os.getpid())
        self.tasks = RunTasks(program, folders, at_once)
        self.noun, self._lost = noun, f"its program ended with the service; {again}"
        self._closed = False

    def begin(self, record: R) -> R:
        """Keep the record of a new run and start it; the caller holds the lock of `tasks`.

        Raises:
            Conflict: The service ends, or its folder of files cannot be written.
        """
        if self._closed:
            raise Conflict("a running service", "one that ends", "start it again")
        try:
            self._folders.make(record)
        except OSError as error:
            self._folders.remove(record)
            raise Conflict(
                "a writable folder of files", str(error.strerror), "ask who runs the service"
            ) from error
        self.tasks.start(record)
        return record

    def head(self, job: Job) -> dict[str, Any]:
        """What the record of a new run of a job begins with."""
        return {
            "id": make_id(),
            "job": job.name,
            "state": "running",
            "message": f"waits for another {self.noun}" if self.tasks.full else None,
            "created": time.time(),
            "job_created": job.created,
            "job_uid": job.uid,
            "owner": self._owner,
        }

    @property
    def running(self) -> list[R]:
        """Those of all jobs that this service runs or is about to, in their order."""
        return self.tasks.records

    def step(self, record: R) -> str | None:
        """What one that runs does or waits for; None where it has not said."""
        return record.message

    def all(self, job: Job | Pulse) -> list[R]:
        """The runs of a job, newest first, each with what its program said last."""
        return [self._told(self._settled(record)) for record in self._folders.all(job)]

    def find(self, job: Pulse, run: str) -> R:
        """One run, with what its program said last.

        Raises:
            NotFoundError: The job has none of that id.
        """
        return self._told(self._settled(self._folders.read(job, run)))

    def delete(self, job: Pulse, run: str) -> R:
        """End a run if its program lives, and remove its files; the record that it had.

        Raises:
            NotFoundError: The job has none of that id.
        """
        record = self.find(job, run)
        self._remove([record])
        return record

    def forget(self, job: Job | Pulse) -> None:
        """End and remove all runs of a job that is deleted."""
        self._remove(self._folders.all(job))

    def _remove(self, records: Sequence[R]) -> None:
        """Those of other services too, whose programs would write on."""
        self.tasks.end([record.id for record in records])
        for record in records:
            if record.child is not None and record.child.lives:
                kill(record.child.pid)
            self._folders.remove(record)

    def close(self) -> None:
        """End all runs; those that did not finish have failed. May be called again."""
        with self.tasks.lock:
            self._closed = True
        for record in self.tasks.close():
            # Whoever looks next says so otherwise.
            with contextlib.suppress(OSError, NotFoundError):
                if self._folders.read_again(record).state == "running":
                    self._folders.write(replace(record, state="failed", message=self._lost))

    def _told(self, record: R) -> R:
        if record.state != "running":
            return record
        return self._listen(self._folders.folder(record), record)

    def _listen(self, folder: Path, record: R) -> R:
        """One that runs, with what its program said last, for kinds that say something."""
        return record

    def _settled(self, record: R) -> R:
        """The record, or what became of it where nobody watched its end."""
        if record.state != "running":
            return record
        with self.tasks.lock:
            if record.id in self.tasks:
                return record
            with contextlib.suppress(NotFoundError):  # then it was deleted just now
                record = self._folders.read_again(record)
            if record.state != "running" or self._is_watched(record):
                return record
            with contextlib.suppress(OSError):  # then whoever looks next settles it
                folder = self._folders.folder(record)
                record = self._program.settle(folder, record, self._lost)
                self._folders.write(record)
            return record

    def _is_watched(self, record: R) -> bool:
        """Whether another service, or its program alone, still runs."""
        if record.owner.is_far:
            return self._folders.is_heard(record)
        others = record.owner != self._owner and record.owner.lives
        return others or (record.child is not None and record.child.lives)
