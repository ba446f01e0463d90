"""What a worker process and its parent tell each other: shared memory, no database.

Nothing here has a lock: a process that is killed while it holds one keeps the other waiting for
ever. Each number is one aligned word with one writer, which is read whole or not yet.
"""

import multiprocessing
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peftsearch.records.trial import Trial

from .monitor import Cancelled

_WORDS = ("steps", "knocks", "total", "done", "trial", "number", "attempt", "ended")
CONTEXT = multiprocessing.get_context("spawn")


class SharedStatus:
    """Shared memory between a child and its parent; the child writes, but for what `stop` does.

    Attributes:
        knocks: How often the child asked for a database that did not answer, before it was loaded.
        ended: How many trials it held that ended.
    """

    def __init__(self) -> None:
        self.steps: Any = CONTEXT.RawValue("q", 0)
        self.knocks: Any = CONTEXT.RawValue("q", 0)
        self.total: Any = CONTEXT.RawValue("q", 0)
        self.done: Any = CONTEXT.RawValue("q", 0)
        self.trial: Any = CONTEXT.RawValue("q", -1)
        self.number: Any = CONTEXT.RawValue("q", -1)
        self.attempt: Any = CONTEXT.RawValue("q", 0)
        self.ended: Any = CONTEXT.RawValue("q", 0)
        self.error: Any = CONTEXT.SimpleQueue()
        self._asked: Any = CONTEXT.RawValue("b", 0)
        self._ended: Any = CONTEXT.RawValue("b", 0)

    def read(self) -> dict[str, int]:
        """All that the child has written, by name."""
        return {word: int(getattr(self, word).value) for word in _WORDS}

    def copy(self, words: Mapping[str, int]) -> None:
        """Take over what another status read, for those who cannot share its memory."""
        for word, value in words.items():
            getattr(self, word).value = value

    def stop(self) -> None:
        """Ask the child to give back what it holds and to leave."""
        self._asked.value = 1

    @property
    def stopped(self) -> bool:
        """Whether the parent asked it to leave."""
        return bool(self._asked.value)

    def end(self) -> None:
        """The child was told by a signal to give back what it holds and to leave."""
        self._ended.value = 1

    @property
    def ending(self) -> bool:
        """Whether a signal told it so."""
        return bool(self._ended.value)


@dataclass
class SharedMonitor:
    """The child's side of the status (`workers.processes.monitor.Monitor`)."""

    status: SharedStatus
    parent: int

    def claimed(self, trial: Trial | None) -> None:
        """Show which trial is held."""
        if trial is None and not self.stopping():
            self.status.ended.value += 1
        self.status.attempt.value = trial.attempt if trial else 0
        self.status.number.value = trial.number if trial else -1
        self.status.trial.value = trial.id if trial else -1
        self.status.done.value = self.status.total.value = 0

    def step(self, done: int, total: int) -> None:
        """Move the counter; end the trial if the parent asked for it or is gone."""
        self.status.steps.value += 1
        self.status.done.value, self.status.total.value = done, total
        if self.stopping() and self.status.trial.value >= 0:
            raise Cancelled

    def stopping(self) -> bool:
        """Whether the parent asked to stop, or died, or a signal came."""
        asked = self.status.stopped or self.status.ending
        return asked or os.getppid() != self.parent
