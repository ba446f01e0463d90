"""How a worker waits: it asks one question, and looks around where it is wanted."""

import time
from random import Random

from peftsearch.records.signs import Signs
from peftsearch.storage.store import Store

from .lease_times import LIVE_SECONDS, RENEW_SECONDS

LONGEST_SECONDS = LIVE_SECONDS / 2
"""A worker looks around so often, however many others wait."""


class Waiting:
    """What a worker saw of its job before the last look around in which it found nothing to do.

    As many look around as are wanted: each draws, so that one that hangs keeps nothing from the
    others. Some things come by time alone: workers that fell silent, hours that are used up, a
    raised budget, results of others that wait in a file. One is wanted for them once a worker has
    waited for `RENEW_SECONDS`, and out of hours as many as there are trials that a raised budget
    would free.

    Among those that are counted some may be dead, for a minute. So where trials call and nobody
    answers, the chance doubles with each turn: of 64 the last one alive is drawn in the seventh.
    """

    def __init__(self, store: Store, job_id: int, name: str) -> None:
        self._store, self._job_id, self._name = store, job_id, name
        self._draw = Random(name).random
        self._now: Signs | None = None
        self._kept: Signs | None = None
        self._late = False
        self._since = 0.0
        self._unanswered = 0

    def in_vain(self) -> bool:
        """Whether to look around would find nothing to do again, or others are enough to do it.

        Raises:
            NotFoundError: The job was deleted.
            StoreUnavailable: The database does not answer.
        """
        last, self._now = self._now, self._store.signs(self._job_id)
        calls = self._now == last and self._now.count_calls(self._late)
        self._unanswered = self._unanswered + 1 if calls else 0
        if self._kept is not None and not self._is_wanted(self._now, self._kept):
            return True
        self._kept = None  # until a look around has found nothing, each turn is one
        return False

    def found_nothing(self, late: bool = False) -> None:
        """Keep what was seen before the look around that ends now.

        Args:
            late: Whether no trial may start, for the budget of hours is used up.
        """
        self._kept, self._late, self._since = self._now, late, time.monotonic()

    def _is_wanted(self, now: Signs, before: Signs) -> bool:
        waited = time.monotonic() - self._since
        if now.concerns_all(before) or waited >= LONGEST_SECONDS:
            return True
        due = max(1, now.queued) if waited >= RENEW_SECONDS else 0
        wanted = max(due, now.count_wanted(before, self._name, self._late))
        return bool(wanted) and self._is_drawn(wanted)

    def _is_drawn(self, wanted: int) -> bool:
        waiting = self._store.count_waiting(self._job_id, LIVE_SECONDS)
        return self._draw() * waiting < (wanted << self._unanswered)
