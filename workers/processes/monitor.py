"""What a worker tells whoever watches it, and what it hears."""

from typing import Protocol

from peftsearch.records.trial import Trial


class Cancelled(Exception):
    """Raised within a training step when the worker was asked to stop."""


class Monitor(Protocol):
    """What a worker tells its supervisor, and what it hears from it."""

    def claimed(self, trial: Trial | None) -> None:
        """The worker holds this trial, or none."""

    def step(self, done: int, total: int) -> None:
        """One more training or evaluation step. Raises `Cancelled` to end the trial."""

    def stopping(self) -> bool:
        """Whether to end after giving back what runs."""
