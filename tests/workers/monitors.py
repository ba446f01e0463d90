"""What stands in a test for whoever watches a worker."""

from collections.abc import Callable
from dataclasses import dataclass

from peftsearch.records.trial import Trial
from peftsearch.workers.processes.monitor import Cancelled


def _let_be(done: int) -> None:
    """Nothing."""


BROKEN_OFF = 12
"""A step after the second rung."""


@dataclass
class Watcher:
    """A monitor that calls `act` at each step of training or evaluation, and ends nothing."""

    act: Callable[[int], None] = _let_be

    def claimed(self, trial: Trial | None) -> None:
        pass

    def step(self, done: int, total: int) -> None:
        self.act(done)

    def stopping(self) -> bool:
        return False


class Stopping(Watcher):
    """A monitor that asks its worker to stop amid its first trial."""

    asked = False

    def step(self, done: int, total: int) -> None:
        self.asked = self.asked or done == BROKEN_OFF
        if self.asked and done:
            raise Cancelled

    def stopping(self) -> bool:
        return self.asked
