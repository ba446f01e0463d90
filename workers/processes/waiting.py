"""How a worker waits: while nothing has changed, it asks for nothing else."""

import time

from peftsearch.records.signs import Signs
from peftsearch.storage.store import Store

from .lease_times import RENEW_SECONDS


class Waiting:
    """What a worker saw of its job before the last look around in which it found nothing to do.

    Some things come by time alone: leases of proposers that died, workers that fell silent, hours
    that are used up, results of others that wait in a file. So it looks around once in
    `RENEW_SECONDS` whatever it sees, and is heard then too.
    """

    def __init__(self, store: Store, job_id: int) -> None:
        self._store, self._job_id = store, job_id
        self._now: Signs | None = None
        self._kept: Signs | None = None
        self._since = 0.0

    def in_vain(self) -> bool:
        """Whether to look around would find nothing to do again.

        Raises:
            NotFoundError: The job was deleted.
            StoreUnavailable: The database does not answer.
        """
        self._now = self._store.signs(self._job_id)
        recent = time.monotonic() - self._since < RENEW_SECONDS
        return recent and self._now == self._kept and not self._now.calls

    def found_nothing(self) -> None:
        """Keep what was seen before the look around that ends now."""
        self._kept, self._since = self._now, time.monotonic()
