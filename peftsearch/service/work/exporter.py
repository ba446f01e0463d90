"""The exports of a service: asked for, looked at, taken, deleted."""

import sys
from collections.abc import Sequence
from pathlib import Path

from peftsearch.errors import Conflict, NotFoundError
from peftsearch.insight.points import Point
from peftsearch.records.job import Job, Pulse
from peftsearch.results.calibrations.wishes import NO_WISH, Wish
from peftsearch.service.settings import Settings
from peftsearch.spaces.configurations.forms import AskedForm

from .export_programs import ExportProgram, add_wait
from .export_records import ARCHIVE, ExportRecord, export_folders
from .runs import Runs

AT_ONCE = 2
"""Each loads a model."""


class Exporter(Runs[ExportRecord]):
    """The exports of one service; for all threads."""

    def __init__(
        self, settings: Settings, program: Sequence[str] = (sys.executable, "-m", "peftsearch")
    ) -> None:
        spawner = ExportProgram(settings, tuple(program))
        super().__init__(export_folders(settings.root), spawner, AT_ONCE, "export", "export again")

    def start(
        self, job: Job, pick: str, form: AskedForm, trial: Point, wish: Wish = NO_WISH
    ) -> ExportRecord:
        """The export of a trial: a new one, or the one that runs or is done already.

        Raises:
            Conflict: The service ends, or its folder of files cannot be written.
        """
        with self.tasks.lock:
            for known in self.all(job):
                same = known.trial == trial.number and form in (known.asked, known.form)
                if same and known.wish == wish and known.state != "failed":
                    return known
            return self.begin(self._record(job, pick, form, trial, wish))

    def step(self, record: ExportRecord) -> str | None:
        """What one that runs waits for; None where nothing takes long."""
        return self._told(record).message

    def _listen(self, folder: Path, record: ExportRecord) -> ExportRecord:
        return add_wait(folder, record)

    def _record(
        self, job: Job, pick: str, form: AskedForm, trial: Point, wish: Wish
    ) -> ExportRecord:
        return ExportRecord(
            **self.head(job),
            pick=pick,
            form=form,
            trial=trial.number,
            words=trial.words,
            rows=None,
            difference=None,
            bytes=None,
            loading=None,
            asked=form,
            precision=wish.precision,
            temperature=wish.temperature,
        )

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
