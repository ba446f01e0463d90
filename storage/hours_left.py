"""Whether a job's budget of hours is used up, without counting over all its trials every turn."""

import time
from typing import Protocol

from peftsearch.spaces.jobspec.spec import BudgetSpec


class CountsHours(Protocol):
    """What knows the used hours of jobs."""

    def used_hours(self, job_id: int) -> float:
        """Of the budget, by all trials of a job."""


class HoursLeft:
    """What is known of the hours of a job.

    An hour of the budget takes an hour of the clock, however many workers there are. So nothing
    can be used up before what was left has passed; the store is asked at half of it, since a
    worker that was taken for silent and renews its lease adds the time that was not counted.
    """

    def __init__(self, store: CountsHours, job_id: int) -> None:
        self._store, self._job_id = store, job_id
        self._budget: BudgetSpec | None = None
        self._ask_at = 0.0

    def used_up(self, budget: BudgetSpec) -> bool:
        """Whether no trial may start any more.

        Raises:
            StoreUnavailable: The database does not answer.
            UserError: Somebody damaged the times of attempts.
        """
        if budget.hours is None:
            return False
        if budget == self._budget and time.monotonic() < self._ask_at:
            return False
        left = budget.hours - self._store.used_hours(self._job_id)
        self._budget, self._ask_at = budget, time.monotonic() + 3600 * left / 2
        return left <= 0
