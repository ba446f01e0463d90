"""Which pools a service runs, in files beside their logs: they outlive one that is killed.

A pool is taken over by one service alone, and from none that still runs: who renames its file has
it. Who is about to start one makes the file first, so that a job has one pool, whichever service
of a machine is asked. Each machine has files of its own: none sees what runs on another.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peftsearch.durable import write_new, write_whole

from .pool_status import PoolStatus
from .processes import Process

ENDING = ".pool.json"
_PROCESSES = ("pool", "service")


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
    note(path, asdict(record))


def note(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain data, whole or not at all; nothing happens where the disk takes nothing."""
    with contextlib.suppress(OSError):
        write_whole(path, json.dumps(content))


def reserve(path: Path, job: str) -> bool:
    """Make the record of a pool that is about to begin; False where another service that runs has
    one. A disk that takes nothing costs no pool here either."""
    own = Process.find(os.getpid())
    record = PoolRecord(PoolStatus(job, 0, "auto", "running", None, time.time()), "", own, own)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, json.dumps(asdict(record)))
    except FileExistsError:
        return not _is_of_another(path, own)
    except OSError:
        return True
    return True


def release(path: Path) -> None:
    """Remove the record of a pool of this service, and the folder where nothing else is there."""
    with contextlib.suppress(OSError):  # others have their logs there, or nobody had one
        if not _is_of_another(path, Process.find(os.getpid())):
            path.unlink(missing_ok=True)
        path.parent.rmdir()


def _is_of_another(path: Path, own: Process) -> bool:
    """Whether a record is of another service that runs; a damaged one is nobody's."""
    record = _read(path)
    return record is not None and record.service != own and record.service.lives


def take_over(folder: Path, ending: str, name: str = "*") -> Iterator[PoolRecord]:
    """The pools that run and whose service does not; nobody else gets them then.

    Args:
        ending: Of the names of this database's records, of this machine.
        name: What stands before it, as a pattern.
    """
    own = f"{ending}.{os.getpid()}"
    for path in sorted(folder.glob(f"{name}{ending}")):
        record = _read(path)
        if record is not None and not record.service.lives:
            taken = path.with_name(path.name.removesuffix(ending) + own)
            with contextlib.suppress(OSError):  # then another service was faster
                path.rename(taken)
                taken.unlink()
                if record.pool.lives:
                    yield record


def _read(path: Path) -> PoolRecord | None:
    """What a file says; None where it is gone, damaged or of another version."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        status = PoolStatus(**content["status"])
        processes = (Process.read(content[x]) for x in _PROCESSES)
        return PoolRecord(status, str(content["uid"]), *processes)
    except (OSError, ValueError, LookupError, TypeError):
        return None
