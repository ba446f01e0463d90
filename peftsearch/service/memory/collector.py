"""Python's collector of circles, kept away from what stays for good."""

import contextlib
import gc
import threading
from collections.abc import Iterator

MANY = 2000
"""Trials whose records are worth the collector's while."""


class Collector:
    """It is one for the whole process, and any thread may read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0

    @contextlib.contextmanager
    def settling(self, trials: int) -> Iterator[None]:
        """Read many trials that stay for good. The collector would walk over all of them again and
        again, a third of what reading takes, and later stop all threads for a tenth of a
        second."""
        if trials <= MANY:
            yield
            return
        self._count(1)
        try:
            yield
        finally:
            if self._count(-1) == 0:
                gc.collect()
                gc.freeze()

    def _count(self, change: int) -> int:
        """How many read now; while any does, nothing is collected."""
        with self._lock:
            self._readers += change
            (gc.disable if self._readers else gc.enable)()
            return self._readers


COLLECTOR = Collector()
