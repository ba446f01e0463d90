"""The trials of a job as a worker that proposes knows them: an ended one is read once."""

from collections.abc import Callable
from itertools import chain
from operator import attrgetter

from peftsearch.records.trial import Trial
from peftsearch.storage.store import Store

_BATCH = 1000


class KnownTrials:
    """All trials of a job. An ended trial never changes, so that later readings take what ended
    since, by the job's events, and of what is still open that to which something happened. A
    database that was restored to an earlier moment is read anew: it has other ends by then.

    Args:
        keep: What of an ended trial is held; all of it where it is None.
    """

    def __init__(
        self, store: Store, job_id: int, keep: Callable[[Trial], Trial] | None = None
    ) -> None:
        self._store, self._job_id, self._keep = store, job_id, keep
        self._ended: list[Trial] = []
        self._open: list[Trial] = []
        self._event = 0

    def read(self) -> list[Trial]:
        """As they are now, by number.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        self._store.at_once(self._look)
        return sorted(chain(self._ended, self._open), key=attrgetter("number"))

    def _look(self) -> None:
        if not self._continues():
            self._ended, self._open, self._event = [], [], 0
        new = self._read_ended()
        self._open = self._store.open_trials(self._job_id, self._open)
        self._ended += new
        self._event = max([self._event, *(trial.event or 0 for trial in new)])

    def _continues(self) -> bool:
        """Whether the last end that is known is the store's."""
        if not self._ended:
            return True
        last = self._ended[-1]
        return self._store.find_end(self._job_id, self._event) == (last.id, last.ended)

    def _read_ended(self) -> list[Trial]:
        """Those that ended after the last event that was seen."""
        found: list[Trial] = []
        event, more = self._event, True
        while more:
            batch = self._store.ended_since(self._job_id, event, _BATCH)
            found += batch if self._keep is None else map(self._keep, batch)
            more = len(batch) == _BATCH
            event = batch[-1].event or event if batch else event
        return found
