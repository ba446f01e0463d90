"""The time of an arm: CPU seconds of its process, without what the benchmark itself takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class CpuClock:
    """Runs from the start of the process, libraries included.

    Attributes:
        limit: Seconds after which an arm has no more time.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._excepted = 0.0

    @property
    def seconds(self) -> float:
        """That the arm has used."""
        return time.process_time() - self._excepted

    @property
    def over(self) -> bool:
        """Whether the time is spent."""
        return self.seconds >= self.limit

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What is done here is the benchmark's."""
        began = time.process_time()
        yield
        self._excepted += time.process_time() - began
