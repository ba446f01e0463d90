"""Processes that outlive the object that started them."""

import contextlib
import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import psutil

from .machines import this_machine


class Process(NamedTuple):
    """One process. The time of its start tells it from a later one of its id, and its machine from
    those of others, whose records may lie in the same folder.

    Attributes:
        started: Where the system tells it, since the machine's own start: clocks are set.
    """

    pid: int
    started: float
    machine: str = ""

    @classmethod
    def find(cls, pid: int) -> Self:
        """The process that has an id now; one without a start has ended already."""
        try:
            return cls(pid, _start_of(psutil.Process(pid)), this_machine())
        except psutil.NoSuchProcess:
            return cls(pid, 0.0, this_machine())

    @classmethod
    def read(cls, kept: Sequence[Any]) -> Self:
        """One from a file; older versions did not write its machine.

        Raises:
            TypeError, ValueError: It is none.
        """
        pid, started, *machine = kept
        return cls(int(pid), float(started), *map(str, machine))

    @property
    def is_far(self) -> bool:
        """Whether it is of another machine, which alone can tell whether it runs."""
        return self.machine not in ("", this_machine())

    @property
    def lives(self) -> bool:
        """Whether it is of this machine and still runs."""
        try:
            found = psutil.Process(self.pid)
            same = self.machine == this_machine() and _start_of(found) == self.started
            return same and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def _start_of(process: psutil.Process) -> float:
    # On Linux both parts move where the clock is set, and their difference does not.
    since = psutil.boot_time() if psutil.LINUX else 0.0
    return round(process.create_time() - since, 2)


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


def read_printed(path: Path) -> dict[str, Any]:
    """What a program printed to a file; empty where it printed no JSON."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def tell_failure(found: Mapping[str, Any], otherwise: str) -> str:
    """Why a program failed, by what it printed.

    Args:
        otherwise: Where it printed nothing.
    """
    told = found.get("mistake")
    if not isinstance(told, dict):
        return str(found.get("error", otherwise))
    return f"expected {told['expected']}; got {told['got']}; {told['hint']}"


def read_step(path: Path) -> str | None:
    """The line that a program told last; None before its first."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
