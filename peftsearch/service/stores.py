"""Stores for a service with many threads: each is lent to one thread at a time."""

import contextlib
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from peftsearch.errors import NotFoundError, PeftsearchError
from peftsearch.records.job import JobState
from peftsearch.storage.store import Store

CONNECTIONS = 4
"""More would wait for the same two cores; a request holds one for some milliseconds."""


@dataclass
class StorePool:
    """At most `CONNECTIONS` stores over one database, opened when first needed."""

    url: str
    _free: "queue.LifoQueue[Store]" = field(default_factory=queue.LifoQueue)
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(CONNECTIONS))
    _closed: bool = False

    @contextlib.contextmanager
    def borrow(self) -> Iterator[Store]:
        """A store for this thread until the block ends; waits while all are lent.

        Raises:
            UserError: The database cannot be opened.
        """
        with self._slots:
            try:
                store = self._free.get_nowait()
            except queue.Empty:
                store = Store.open(self.url)
            try:
                yield store
            finally:
                self._free.put(store)
                if self._closed:
                    self._drain()

    def runs(self, job: str) -> bool:
        """Whether there is a job of that name that runs; taken to be so while nobody can tell."""
        try:
            with self.borrow() as store:
                return store.pulse(job).state is JobState.RUNNING
        except NotFoundError:
            return False
        except PeftsearchError:
            return True

    def close(self) -> None:
        """Close all stores, each once it is not lent any more."""
        self._closed = True
        self._drain()

    def _drain(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._free.get_nowait().close()
