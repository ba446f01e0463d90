"""How much of a job's budget is used.

The budget of trials counts every trial that was ever inserted, failed ones too. The budget of
hours counts the time in which at least one attempt ran, also attempts that brought no result; a
worker that fell silent ran until its lease ended, so that a night of standstill costs nothing.
"""

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    case,
    func,
    or_,
    select,
    union_all,
)

from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.spec import BudgetSpec

from .clock import now
from .hours_left import HoursLeft
from .rows import damaged
from .schema import lost_attempts, trials
from .session import read
from .trials import Trials


class Budgets(Trials):
    """What jobs have used, and what is left."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._hours: dict[int, HoursLeft] = {}

    @read
    def used_hours(self, job_id: int) -> float:
        """Hours in which at least one trial of the job ran, lost attempts included.

        Raises:
            UserError: Somebody damaged the times of attempts.
        """
        ran = trials.c.state != TrialState.QUEUED
        rows = _attempts(job_id, ran).subquery()
        seconds, damaged_ones = self._connection.execute(measure_union(*rows.c)).one()
        if damaged_ones:
            raise damaged("times of attempts", f"{damaged_ones} that are no numbers")
        return float(seconds) / 3600

    @read
    def fruitless_seconds(self, job_id: int) -> float:
        """Seconds of attempts that have brought no result: lost ones, and what runs, of several at
        once their sum."""
        start, end = _attempts(job_id, trials.c.state == TrialState.RUNNING).subquery().c
        length = func.coalesce(func.sum(case((end > start, end - start))), 0.0)
        return float(self._connection.execute(select(length)).scalar_one())

    @read
    def remaining_trials(self, job_id: int, budget: BudgetSpec) -> int | None:
        """How many trials the job may still get under `budget`; None where nothing limits them."""
        if self._hours.setdefault(job_id, HoursLeft(self, job_id)).used_up(budget):
            return 0
        if budget.trials is None:
            return None
        return max(0, budget.trials - self.next_number(job_id))


def _attempts(job_id: int, states: ColumnElement[bool]) -> CompoundSelect[float, float]:
    """Starts and ends of the lost attempts of a job, and of the current ones of trials in
    `states`."""
    last = case((trials.c.lease_until < now(), trials.c.lease_until), else_=now())
    current = select(trials.c.claimed_at, func.coalesce(trials.c.ended_at, last)).where(
        trials.c.job_id == job_id, states
    )
    lost = (
        select(lost_attempts.c.claimed_at, lost_attempts.c.ended_at)
        .join(trials, trials.c.id == lost_attempts.c.trial_id)
        .where(trials.c.job_id == job_id)
    )
    return union_all(current, lost)


def measure_union(start: ColumnElement[float], end: ColumnElement[float]) -> Select[float, int]:
    """Length of the union of intervals, two columns, and how many of them are no numbers, which
    SQLite lets stand in such columns. One that ends before it starts is empty."""
    before = func.max(end).over(order_by=(start, end), rows=(None, -1))
    rows = select(start.label("start"), end.label("end"), before.label("reached")).subquery().c
    begin = case((rows.reached > rows.start, rows.reached), else_=rows.start)
    length = func.coalesce(func.sum(case((rows.end > begin, rows.end - begin))), 0.0)
    wrong = or_(rows.start + 0.0 != rows.start, rows.end + 0.0 != rows.end)
    return select(length, func.count(case((wrong, 1))))
