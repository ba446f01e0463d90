"""Ctrl-C and SIGTERM while workers run."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class Interrupt:
    """Counts Ctrl-C and SIGTERM: the first asks the workers to stop, the second kills them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: signal.Signals | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Count one; the handler of both signals."""
        self.count += 1
        self.first = self.first or signal.Signals(number)

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Take both signals within the block."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        previous = {number: signal.signal(number, self) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
