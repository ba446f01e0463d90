"""The program of one export: `peftsearch export` in a session of its own, and what it wrote."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from peftsearch.results.export_report import ExportReport
from peftsearch.service.settings import Settings

from .archives import write_archive
from .children import child_environment
from .export_records import ADAPTER, ARCHIVE, ExportRecord

_REPORT = "report.json"
_LOG = "log.txt"


def spawn(
    settings: Settings, program: Sequence[str], folder: Path, record: ExportRecord
) -> "subprocess.Popen[bytes]":
    """Start to export into a folder.

    Args:
        program: How to call peftsearch.
    """
    command = [*program, "export", record.job, "--pick", f"trial {record.trial}"]
    command += ["--form", record.asked, "--out", str(folder / ADAPTER), "--json"]
    roots = settings.data_roots
    with (folder / _REPORT).open("wb") as report, (folder / _LOG).open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=log,
            env=child_environment(settings),
            cwd=roots[0] if roots else None,
            start_new_session=True,
        )


def settle(folder: Path, record: ExportRecord, otherwise: str) -> ExportRecord:
    """The end of an export by what its program wrote; packs what is done.

    Args:
        otherwise: Why it failed, if it wrote nothing.

    Raises:
        OSError: The archive cannot be written.
    """
    printed = _read_printed(folder / _REPORT)
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
    )
    done = replace(done, loading=report.loading.to_python(report.form, done.title))
    packed = write_archive(folder / ADAPTER, folder / ARCHIVE, done.title)
    return replace(done, bytes=packed)


def explain_end(code: int) -> str:
    """Why a program ended that gave no error, by its exit code."""
    if code == -signal.SIGKILL:
        return "its program was killed, perhaps for lack of memory"
    if code < 0:
        return f"its program was ended by {signal.Signals(-code).name}"
    return f"its program ended with exit code {code} and without a report"


def kill(pid: int) -> None:
    """End a program and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _read_printed(path: Path) -> dict[str, Any]:
    """What the program printed; empty where it printed no JSON."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
