"""How a worker keeps the queue of its job filled: proposals, under the job's suggestion lease."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from peftsearch.errors import StaleLeaseError
from peftsearch.records.job import Job
from peftsearch.records.trial import without_circumstances
from peftsearch.search.memory import Memory
from peftsearch.search.no_gain import expects_no_gain
from peftsearch.search.proposals import propose_each
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.storage.store import Store

from .known_trials import KnownTrials
from .lease_times import LIVE_SECONDS, SUGGESTION_SECONDS
from .proposing import keep_lease

T = TypeVar("T")

CROWD = 64
"""Live workers; with more, one of them proposes and does nothing else."""
_MOST, _SECONDS = 64, 2.0
"""So many proposals follow from the same records; they are queued in groups of so long."""


class Replenisher:
    """What one worker does for the queue of its job.

    Attributes:
        offers: Whether a trial was queued when it last looked, or it queued one then.
    """

    def __init__(
        self, store: Store, job: Job, name: str, describe: Callable[[JobSpec], JobSpec]
    ) -> None:
        """Prepare.

        Args:
            describe: Completes a spec by what only a worker knows of the model and the data.
        """
        self._store, self._job, self._name = store, job, name
        self._describe = describe
        self._trials = KnownTrials(store, job.id, without_circumstances)
        self._memory = Memory()
        self._kept: int | None = None
        self._spent: tuple[BudgetSpec, int] | None = None
        self.offers = False

    @property
    def stays(self) -> bool:
        """Whether this worker is the one that proposes for a crowd. It keeps the lease, since
        another would first have to read all trials of the job, and claims no trial."""
        return self._kept is not None

    def replenish(self, budget: BudgetSpec) -> bool:
        """Propose if the queue is shorter than the number of live workers.

        Args:
            budget: The job's as it is now; one that was found spent stays so, as long as the job
                has as many trials.

        Returns:
            False when nothing can be added: the budget is spent or the space exhausted.
        """
        workers = self._store.workers(self._job.id)
        live = sum(x.seconds_silent < LIVE_SECONDS for x in workers)
        queued = self._store.queued(self._job.id)
        missing = max(live, 1) - queued
        self.offers = queued > 0
        if missing <= 0 and not self.stays:
            return True
        if self._spent is not None and self._is_spent(*self._spent, budget):
            return False
        token = self._store.take_suggestion_lease(self._job.id, self._name, SUGGESTION_SECONDS)
        self._kept = token
        if token is None:
            return True
        open_ended = False
        try:
            open_ended = missing <= 0 or self._propose(token, missing)
        finally:
            if not open_ended or live <= CROWD:
                self.leave()
        return open_ended

    def leave(self) -> None:
        """Let others propose."""
        if self._kept is not None:
            self._store.release_suggestion_lease(self._job.id, self._kept)
            self._kept = None

    def _is_spent(self, spent: BudgetSpec, trials: int, budget: BudgetSpec) -> bool:
        # A database that was restored has fewer.
        return budget == spent and self._store.next_number(self._job.id) == trials

    def _propose(self, token: int, missing: int) -> bool:
        with keep_lease(self._store, self._job.id, token, self._name):
            trials = self._trials.read()
            spec = self._describe(self._store.job(self._job.id).spec)
            if spec.budget.trials is not None and len(trials) >= spec.budget.trials:
                self._spent = spec.budget, len(trials)
                return False
            if spec.budget.stop_when == "no gain" and expects_no_gain(trials):
                return False
            preparation = self._store.preparation(self._job.id)
            asked = min(missing, _MOST), spec.seed, preparation, self._memory
            added = False
            for proposals in by_time(propose_each(spec, trials, *asked), _SECONDS):
                costs = [spec.count_costs(x.configuration) for x in proposals]
                try:
                    new = self._store.insert(self._job.id, token, proposals, costs)
                except StaleLeaseError:
                    return True
                added |= bool(new)
                self.offers |= added
                if not new:
                    break
            return added


def by_time(items: Iterable[T], seconds: float) -> Iterator[list[T]]:
    """Groups of items: each ends with the first that comes `seconds` after its beginning."""
    rest = iter(items)
    for first in rest:
        group, end = [first], time.monotonic() + seconds
        while time.monotonic() < end and (more := next(rest, None)) is not None:
            group.append(more)
        yield group
