"""The program of one report, and what it wrote."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from peftsearch.service.settings import Settings

from .children import start_child
from .processes import read_printed, tell_failure
from .report_records import PAGE, ReportRecord

PROGRAM = (sys.executable, "-m", "peftsearch.service.work.reporting")
PROGRESS = "progress.txt"
_PRINTED = "printed.json"


@dataclass(frozen=True)
class ReportProgram:
    """Makes a report; its page lies in the folder of a run.

    Attributes:
        program: What makes it.
    """

    settings: Settings
    program: Sequence[str] = PROGRAM

    def spawn(self, folder: Path, record: ReportRecord) -> "subprocess.Popen[bytes]":
        """Start it."""
        asked = {"job": record.job, "uid": record.job_uid, "pick": record.pick}
        command = [*self.program, json.dumps(asked), str(folder / PROGRESS), str(folder / PAGE)]
        return start_child(self.settings, command, folder / _PRINTED)

    def settle(self, folder: Path, record: ReportRecord, otherwise: str) -> ReportRecord:
        """The end of a report by what its program wrote."""
        if (folder / PAGE).is_file():
            return replace(record, state="done", message=None)
        told = tell_failure(read_printed(folder / _PRINTED), otherwise)
        return replace(record, state="failed", message=told)
