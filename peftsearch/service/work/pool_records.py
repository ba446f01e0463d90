"""Which pools a service runs, in files beside their logs: they outlive one that is killed.

A pool is taken over by one service alone, and from none that still runs: who renames its file has
it. Processes are known by their number and the time at which they began, since numbers are given
again.
"""

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from .pool_status import PoolStatus

ENDING = ".pool.json"
_DRIFT_SECONDS = 2.0
"""By which the system may tell the same start differently after its clock was set."""


@dataclass(frozen=True)
class Process:
    """One process of this machine.

    Attributes:
        began: Seconds since the epoch.
    """

    pid: int
    began: float

    @classmethod
    def of(cls, pid: int) -> "Process":
        """That of a number.

        Raises:
            psutil.Error: There is none.
        """
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """It, while it runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.began) < _DRIFT_SECONDS
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


@dataclass(frozen=True)
class PoolRecord:
    """What a service needs to tend a pool that another one started.

    Attributes:
        uid: Of its job.
        service: Who tends it.
    """

    status: PoolStatus
    uid: str
    pool: Process
    service: Process


def keep(path: Path, record: PoolRecord) -> None:
    """Write it, whole or not at all. A disk that takes nothing costs no pool."""
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        part.write_text(json.dumps(asdict(record)), encoding="utf-8")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)


def take_over(folder: Path, ending: str) -> Iterator[PoolRecord]:
    """The pools that run and whose service does not; nobody else gets them then.

    Args:
        ending: Of the names of this database's records.
    """
    own = f"{ending}.{os.getpid()}"
    for path in sorted(folder.glob(f"*{ending}")):
        record = _read(path)
        if record is not None and record.service.find() is None:
            taken = path.with_name(path.name.removesuffix(ending) + own)
            with contextlib.suppress(OSError):  # then another service was faster
                path.rename(taken)
                taken.unlink()
                if record.pool.find() is not None:
                    yield record


def _read(path: Path) -> PoolRecord | None:
    """What a file says; None where it is gone, damaged or of another version."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        status = PoolStatus(**content["status"])
        processes = (Process(**content[x]) for x in ("pool", "service"))
        return PoolRecord(status, str(content["uid"]), *processes)
    except (OSError, ValueError, LookupError, TypeError):
        return None
