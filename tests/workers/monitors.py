"""What stands in a test for whoever watches a worker."""

from collections.abc import Callable
from dataclasses import dataclass

from peftsearch.records.trial import Trial


def _let_be(done: int) -> None:
    """Nothing."""


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
