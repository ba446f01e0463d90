"""The program of one confirmation, what it says meanwhile, and what it wrote at its end."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from peftsearch.service.settings import Settings

from .children import start_child
from .confirm_records import ConfirmRecord
from .processes import read_printed, read_step, tell_failure

PROGRAM = (sys.executable, "-m", "peftsearch.service.work.confirming")
_REPORT = "report.json"
_PROGRESS = "progress.txt"
_ASKED = ("job", "pick", "seeds", "width", "by", "sweep", "reading", "device")
_KEPT = "what it trained is kept: the same again goes on there, as the same reading"


@dataclass(frozen=True)
class ConfirmProgram:
    """Confirms; its answer lies in the folder of a run.

    Attributes:
        program: What confirms.
    """

    settings: Settings
    program: Sequence[str] = PROGRAM

    def spawn(self, folder: Path, record: ConfirmRecord) -> "subprocess.Popen[bytes]":
        """Start it."""
        asked = {name: getattr(record, name) for name in _ASKED} | {"uid": record.job_uid}
        command = [*self.program, json.dumps(asked), str(folder / _PROGRESS)]
        return start_child(self.settings, command, folder / _REPORT)

    def settle(self, folder: Path, record: ConfirmRecord, otherwise: str) -> ConfirmRecord:
        """The end of a confirmation by what its program wrote."""
        found = read_printed(folder / _REPORT)
        if "sentence" in found:
            return replace(record, state="done", message=None, **found)
        kept = "" if "mistake" in found else f"; {_KEPT}"
        return replace(record, state="failed", message=f"{tell_failure(found, otherwise)}{kept}")


def add_progress(folder: Path, record: ConfirmRecord) -> ConfirmRecord:
    """A running confirmation with what its program said last."""
    if (step := read_step(folder / _PROGRESS)) is None:
        return record
    counted = re.match(r"(\d++) of (\d++): ", step)
    if counted is None:
        return replace(record, step=step)
    number, total = map(int, counted.groups())
    return replace(record, step=step[counted.end() :], done=number - 1, total=total)
