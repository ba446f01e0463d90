"""How much of a job's budget is used.

The budget of trials counts every trial that was ever inserted, failed ones too. The budget of
hours counts the time in which at least one attempt ran, also attempts that brought no result; a
worker that fell silent ran until its lease ended, so that a night of standstill costs nothing.
"""

from collections.abc import Iterable

from sqlalchemy import case, func, select

from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.spec import BudgetSpec

from .clock import now
from .schema import lost_attempts, trials
from .session import read
from .trials import Trials

Interval = tuple[float, float]


class Budgets(Trials):
    """What jobs have used, and what is left."""

    @read
    def used_hours(self, job_id: int) -> float:
        """Hours in which at least one trial of the job ran, lost attempts included."""
        ran = trials.c.state != TrialState.QUEUED
        last = case((trials.c.lease_until < now(), trials.c.lease_until), else_=now())
        current = select(trials.c.claimed_at, func.coalesce(trials.c.ended_at, last)).where(
            trials.c.job_id == job_id, ran
        )
        lost = (
            select(lost_attempts.c.claimed_at, lost_attempts.c.ended_at)
            .join(trials, trials.c.id == lost_attempts.c.trial_id)
            .where(trials.c.job_id == job_id)
        )
        rows = self._connection.execute(current.union_all(lost))
        return measure_union((start, end) for start, end in rows) / 3600

    @read
    def remaining_trials(self, job_id: int, budget: BudgetSpec) -> int | None:
        """How many trials the job may still get under `budget`; None where nothing limits them."""
        if budget.hours is not None and self.used_hours(job_id) >= budget.hours:
            return 0
        if budget.trials is None:
            return None
        return max(0, budget.trials - self.next_number(job_id))


def measure_union(intervals: Iterable[Interval]) -> float:
    """Length of the union of `(start, end)` intervals; one that ends before it starts is empty."""
    length, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        length += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return length
