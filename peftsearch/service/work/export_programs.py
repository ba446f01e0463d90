"""The program of one export: `peftsearch export` in a session of its own, and what it wrote."""

import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from peftsearch.service.settings import Settings

from .archives import write_archive
from .children import child_environment
from .export_records import ADAPTER, ARCHIVE, ExportRecord

_REPORT = "report.json"
_LOG = "log.txt"
_PYTHON = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


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
    report = _read_report(folder / _REPORT)
    if "form" not in report or not (folder / ADAPTER).is_dir():
        return replace(record, state="failed", message=str(report.get("error", otherwise)))
    known = {name: report[name] for name in ("form", "rows", "difference")}
    done = replace(record, state="done", message=None, **known)
    done = replace(done, loading=_read_loading(folder / ADAPTER / "README.md", done.title))
    packed = write_archive(folder / ADAPTER, folder / ARCHIVE, done.title)
    return replace(done, bytes=packed)


def _read_loading(card: Path, title: str) -> str | None:
    """The Python that a card names first, for the folder that the archive unpacks to."""
    try:
        found = _PYTHON.search(card.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return None if found is None else found[1].replace("path/to/this/folder", title)


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


def _read_report(path: Path) -> dict[str, Any]:
    """What the program printed; empty where it printed no JSON."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
