"""The reports of a service: made once for what a job's records say, kept until they say more."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from peftsearch.errors import Conflict, NotFoundError
from peftsearch.records.job import Job, Pulse
from peftsearch.service.settings import Settings

from .processes import read_step
from .report_programs import PROGRAM, PROGRESS, ReportProgram
from .report_records import PAGE, ReportRecord, report_folders
from .runs import Runs

AT_ONCE = 2
"""Each asks a model what it expects of the trials."""
KEPT = 5
"""Reports of a job that stay; the oldest goes first."""
SECONDS = 120.0
"""That somebody waits for one at most."""
_LOOK = 0.1


class Reporter(Runs[ReportRecord]):
    """The reports of one service; for all threads.

    Args:
        program: What makes one.
    """

    def __init__(self, settings: Settings, program: Sequence[str] = PROGRAM) -> None:
        spawner, folders = ReportProgram(settings, program), report_folders(settings.root)
        super().__init__(folders, spawner, AT_ONCE, "report", "ask for it again")

    def start(self, job: Job, pick: str, mark: str) -> ReportRecord:
        """A new report, or the one that is made or being made of the same records.

        Args:
            mark: Of the records.

        Raises:
            Conflict: The service ends, or its folder of files cannot be written.
        """
        with self.tasks.lock:
            known = self.all(job)
            for record in known:
                same = (record.pick, record.mark) == (pick, mark)
                if same and record.state != "failed":
                    return record
            for record in [x for x in known if x.state != "running"][KEPT - 1 :]:
                self._folders.remove(record)
            head = self.head(job)
            return self.begin(ReportRecord(**head, pick=pick, event=job.event, mark=mark))

    def find(self, job: Pulse, run: str) -> ReportRecord:
        """One report, with what is being done for it.

        Raises:
            NotFoundError: The job has none of that id.
        """
        record = super().find(job, run)
        if record.state != "running":
            return record
        return replace(record, step=self.step(record))

    def step(self, record: ReportRecord) -> str | None:
        """What one that runs does or waits for; None where it has not said."""
        return read_step(self._folders.folder(record) / PROGRESS) or record.message

    def wait(self, job: Pulse, run: str) -> ReportRecord:
        """A report that has ended.

        Raises:
            Conflict: It takes too long.
            NotFoundError: It was removed meanwhile.
        """
        end = time.monotonic() + SECONDS
        while (record := self.find(job, run)).state == "running":
            if time.monotonic() > end:
                waited = f"none after {SECONDS:.0f} seconds; it is still being made"
                raise Conflict("a report", waited, "ask again in a while")
            time.sleep(_LOOK)
        return record

    def page(self, job: Pulse, run: str) -> Path:
        """The page of a report that is done.

        Raises:
            Conflict: It is not done.
            NotFoundError: There is none of that id, or its file was removed.
        """
        record = self.find(job, run)
        if record.state != "done":
            got = record.message if record.state == "failed" else record.state
            raise Conflict("a report that is done", str(got), "wait for it, or ask again")
        path = self._folders.folder(record) / PAGE
        if not path.is_file():
            raise NotFoundError("the report's page", "no such file", "ask for another")
        return path
