"""How many workers the last pool of each job had, in files beside their logs: whoever resumes a
job is offered as many, whichever service is asked."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from .pool_records import ENDING, note
from .pool_status import PoolStatus

LAST = ".last.json"


def remember(path: Path, status: PoolStatus) -> None:
    """Write down what a pool is as it begins. A disk that takes nothing costs no pool."""
    note(path, asdict(status))


def recall(folder: Path, mark: str, own: str) -> Iterator[PoolStatus]:
    """The last pools of jobs, as ended; none that a service of this machine tends.

    Args:
        mark: By which the names of files there are of one database.
        own: The same for those of this machine alone.
    """
    for path in sorted(folder.glob(f"*{mark}{LAST}")):
        found = _read(path)
        if found is not None and not path.with_name(f"{found.job}{own}{ENDING}").exists():
            yield replace(found, state="ended", message=None)


def _read(path: Path) -> PoolStatus | None:
    """What a file says; None where it is gone, damaged or of another version."""
    try:
        return PoolStatus(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
