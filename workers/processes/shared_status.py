"""What a worker process and its parent tell each other: shared memory, no database."""

import multiprocessing
import os
from dataclasses import dataclass
from typing import Any

from peftsearch.records.trial import Trial

from .monitor import Cancelled

CONTEXT = multiprocessing.get_context("spawn")


class SharedStatus:
    """Shared memory between a child and its parent; the child writes, but for `stop`."""

    def __init__(self) -> None:
        self.steps: Any = CONTEXT.Value("q", 0)
        self.total: Any = CONTEXT.Value("q", 0)
        self.done: Any = CONTEXT.Value("q", 0)
        self.trial: Any = CONTEXT.Value("q", -1)
        self.number: Any = CONTEXT.Value("q", -1)
        self.attempt: Any = CONTEXT.Value("q", 0)
        self.stop: Any = CONTEXT.Event()
        self.error: Any = CONTEXT.SimpleQueue()


@dataclass
class SharedMonitor:
    """The child's side of the status (`workers.processes.monitor.Monitor`)."""

    status: SharedStatus
    parent: int

    def claimed(self, trial: Trial | None) -> None:
        """Show which trial is held."""
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
        """Whether the parent asked to stop, or died."""
        return self.status.stop.is_set() or os.getppid() != self.parent
