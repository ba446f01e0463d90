"""The program of one export: `peftsearch export` in a session of its own, and what it wrote."""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from peftsearch.results.exports.export_report import ExportReport
from peftsearch.service.settings import Settings
from peftsearch.workers.artefacts.signs_of_life import WAITING

from .archives import write_archive
from .children import read_logged, start_child
from .export_records import ADAPTER, ARCHIVE, ExportRecord
from .processes import read_printed

_REPORT = "report.json"


@dataclass(frozen=True)
class ExportProgram:
    """Exports into the folder of a run.

    Attributes:
        program: How to call peftsearch.
    """

    settings: Settings
    program: tuple[str, ...]

    def spawn(self, folder: Path, record: ExportRecord) -> "subprocess.Popen[bytes]":
        """Start it."""
        command = [*self.program, "export", record.job, "--pick", f"trial {record.trial}"]
        command += ["--form", record.asked, "--out", str(folder / ADAPTER), "--json"]
        command += [] if record.precision is None else ["--precision", str(record.precision)]
        command += ["--temperature"] if record.temperature else []
        return start_child(self.settings, command, folder / _REPORT)

    def settle(self, folder: Path, record: ExportRecord, otherwise: str) -> ExportRecord:
        """The end of an export by what its program wrote; packs what is done."""
        return settle(folder, record, otherwise)


def add_wait(folder: Path, record: ExportRecord) -> ExportRecord:
    """A running export with what it waits for, where that takes long."""
    logged = read_logged(folder)
    return replace(record, message=logged) if logged.startswith(WAITING) else record


def settle(folder: Path, record: ExportRecord, otherwise: str) -> ExportRecord:
    """The end of an export by what its program wrote; packs what is done.

    Args:
        otherwise: Why it failed, if it wrote nothing.

    Raises:
        OSError: The archive cannot be written.
    """
    printed = read_printed(folder / _REPORT)
    try:
        report = ExportReport.from_json(printed)
    except (KeyError, TypeError):
        return replace(record, state="failed", message=str(printed.get("error", otherwise)))
    done = replace(
        record,
        state="done",
        message=None,
        form=report.form,
        rows=report.rows,
        difference=report.difference,
        file_size=report.size,
        calibration=printed.get("calibration_words", ()),
    )
    done = replace(done, loading=report.loading.to_python(report.form, done.title))
    packed = write_archive(folder / ADAPTER, folder / ARCHIVE, done.title)
    return replace(done, bytes=packed)
