"""What came of jobs, kept until their event changes."""

from dataclasses import dataclass, field

from peftsearch.insight.best_on_front import best_of
from peftsearch.insight.outcome import tell_outcome
from peftsearch.records.estimates import estimate_each
from peftsearch.records.job import Job, JobState
from peftsearch.storage.store import Store

from .by_event import ByEvent
from .history import Histories
from .past import History


@dataclass
class Outcomes:
    """Those of finished jobs; for all threads."""

    histories: Histories
    _known: ByEvent[str | None] = field(default_factory=ByEvent)

    def find(self, store: Store, job: Job) -> str | None:
        """Read once for an event; None of a job that has not finished or has no result."""
        if job.state is not JobState.FINISHED:
            return None
        history = self.histories.find(store, job)
        if history is not None:
            return history.derive("outcome", _derive)
        return self._known.find(job, lambda: _read(store, job))


def _derive(history: History) -> str | None:
    front = [history.members[x.key] for x in history.front()]
    tried, spec = len(history.members), history.job.spec
    return tell_outcome(front, len(front), tried, spec, history.preparation)


def _read(store: Store, job: Job) -> str | None:
    """By the trials of the front's best alone: a list of jobs reads no other."""
    front = store.front(job.id)
    best = best_of(front, job.spec, job.spec.anatomy)
    if best is None:
        return None
    seeds = next(x.trials for x in front if best.trial in x.trials)
    found = estimate_each([store.trial(job.id, x) for x in seeds])
    known = job.spec, store.preparation(job.id)
    return tell_outcome(found, len(front), store.tried(job.id), *known)
