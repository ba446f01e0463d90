"""A process of a worker, as whoever watches it sees it."""

from typing import Protocol


class Process(Protocol):
    """A process of the worker loop, here or on another machine."""

    @property
    def exitcode(self) -> int | None:
        """How it ended; None while it has not, or where nobody could see it."""

    def is_alive(self) -> bool:
        """Whether it has not ended."""

    def kill(self) -> None:
        """End it now."""

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, at most so many seconds."""
