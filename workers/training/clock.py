"""The clock of a trial: its steps, its listener and its time limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from .trial_failures import TrialTimeout

OnStep = Callable[[int, int], None]
"""Told the steps done and in total; may raise, to end the trial."""


@dataclass
class Clock:
    """Counts a trial's steps, tells who listens, and ends the trial when its time is over.

    Attributes:
        total: Steps of training and evaluation together.
        timeout_minutes: None for no limit.
    """

    total: int
    on_step: OnStep
    timeout_minutes: float | None = None
    done: int = 0
    start: float = 0.0

    def __post_init__(self) -> None:
        self.start = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the trial has run, with what it took up."""
        return time.monotonic() - self.start

    def take_up(self, done: int, seconds: float) -> None:
        """Count the steps and the time of a former attempt as the trial's own."""
        self.done = done
        self.start -= seconds

    def tick(self) -> None:
        """One more step.

        Raises:
            TrialTimeout: The trial's time is over.
        """
        self.done += 1
        self.beat()

    def beat(self) -> None:
        """No further step, but still at work.

        Raises:
            TrialTimeout: The trial's time is over.
        """
        self.on_step(self.done, self.total)
        limit = self.timeout_minutes
        if limit is not None and self.seconds > 60 * limit:
            raise TrialTimeout(limit)
