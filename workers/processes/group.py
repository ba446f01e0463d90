"""A worker that is several processes, as its pool sees it: as one that lives and dies whole."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .process import Process

LOST = 70
"""Exit code of a process that ends since another one of its group is gone."""
_KILL_SECONDS = 5.0


@dataclass
class Group(Process):
    """The processes of one worker, of which the first holds its trials.

    Attributes:
        folder: By which they found each other; taken away with them.
    """

    members: Sequence[Process]
    folder: Path

    @property
    def exitcode(self) -> int | None:
        """How the first ended; where it ended for the sake of another one, how that did."""
        first, *others = (x.exitcode for x in self.members)
        return min(filter(None, others), default=first) if first == LOST else first

    def is_alive(self) -> bool:
        """Whether none has ended before its time; else all are ended."""
        first, *others = self.members
        if first.is_alive() and not any(x.exitcode for x in others):
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """End all now."""
        for member in self.members:
            member.kill()
        self.join(_KILL_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def join(self, timeout: float | None = None) -> None:
        """Wait until all have ended, for each at most so many seconds."""
        for member in self.members:
            member.join(timeout)


def start_group(size: int, start: Callable[[int, Path], Process]) -> Group:
    """Start so many processes, each told its number and where it finds the others."""
    folder = Path(tempfile.mkdtemp(prefix="peftsearch-"))
    members: list[Process] = []
    with contextlib.ExitStack() as undo:
        undo.callback(lambda: Group(members, folder).kill())
        members += (start(rank, folder) for rank in range(size))
        undo.pop_all()
    return Group(members, folder)
