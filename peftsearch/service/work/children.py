"""The programs that the service starts, and their environment.

The database and the folder of files reach them by the environment, since a URL may hold a password
and anyone can read a command line. Python looks for no modules in their working folder, which may
be a folder of data.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from peftsearch.service.settings import Settings
from peftsearch.workers.runtime.confines import VARIABLE

_LOG = "log.txt"


def child_environment(settings: Settings) -> dict[str, str]:
    """The service's environment with its storage, without what is its own alone."""
    own = {"PEFTSEARCH_STORAGE": settings.storage, "PEFTSEARCH_FILES": str(settings.root)}
    return reader_environment(settings) | own


def reader_environment(settings: Settings) -> dict[str, str]:
    """The same for a program that only reads models and data: it gets no secret of the service,
    but the folders that it may read."""
    own = ("PEFTSEARCH_STORAGE", "PEFTSEARCH_TOKEN", VARIABLE)
    kept = {name: x for name, x in os.environ.items() if name not in own}
    if settings.data_roots is not None:
        kept[VARIABLE] = os.pathsep.join(map(str, settings.data_roots))
    return kept | {"PYTHONSAFEPATH": "1"}


def read_logged(folder: Path) -> str:
    """The line that a program logged last; empty before its first.

    Args:
        folder: That of its report.
    """
    try:
        lines = (folder / _LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""


def start_child(
    settings: Settings, command: Sequence[str], report: Path
) -> "subprocess.Popen[bytes]":
    """A program in a session of its own, where paths of job specs begin.

    Args:
        report: The file that gets what it prints; what it logs goes beside.
    """
    roots = settings.data_roots
    log = report.with_name(_LOG)
    with report.open("wb") as printed, log.open("wb") as logged:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=logged,
            env=child_environment(settings),
            cwd=roots[0] if roots else None,
            start_new_session=True,
        )
