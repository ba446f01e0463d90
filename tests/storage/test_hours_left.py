"""When a worker counts the hours of its job, and that it is never late."""

from types import SimpleNamespace

import pytest

from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.storage import hours_left
from peftsearch.storage.hours_left import HoursLeft


class Job:
    """A job that always runs: its used hours are those of a clock."""

    def __init__(self) -> None:
        self.seconds, self.asked, self.added = 0.0, 0, 0.0

    def used_hours(self, job_id: int) -> float:
        """As the store tells."""
        self.asked += 1
        return (self.seconds + self.added) / 3600

    def monotonic(self) -> float:
        """Of a machine that had been up for long."""
        return 1000.0 + self.seconds


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Job:
    job = Job()
    monkeypatch.setattr(hours_left, "time", SimpleNamespace(monotonic=job.monotonic))
    return job


def _watch(job: Job) -> HoursLeft:
    return HoursLeft(job, 1)


def test_a_night_of_turns_counts_a_few_times_and_ends_on_time(job: Job) -> None:
    hours, budget = _watch(job), BudgetSpec(hours=8.0)
    while not hours.used_up(budget):
        job.seconds += 1
    assert job.seconds == 8 * 3600
    assert job.asked < 25


def test_a_changed_budget_is_counted_at_once(job: Job) -> None:
    hours = _watch(job)
    job.seconds = 1800
    assert not hours.used_up(BudgetSpec(hours=1.0))
    assert hours.used_up(BudgetSpec(hours=0.4))
    assert not hours.used_up(BudgetSpec(hours=1.0))
    assert not hours.used_up(BudgetSpec(trials=4, hours=None))


def test_time_that_was_not_counted_ends_the_job_within_half_of_what_was_left(job: Job) -> None:
    hours, budget = _watch(job), BudgetSpec(hours=1.0)
    assert not hours.used_up(budget)
    job.added = 3600
    while not hours.used_up(budget):
        job.seconds += 1
    assert job.seconds == 1800
