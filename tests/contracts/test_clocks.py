"""Contract: leases and beats when the database's clock is set."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from peftsearch.records.job import Job
from peftsearch.records.trial import TrialState
from peftsearch.storage.clock import LONGEST_SECONDS
from peftsearch.storage.schema import jobs, trials, workers
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import LEASE, claim, complete, insert, make_proposal

HOURS = 5 * 3600.0
Shift = Callable[[float], None]


@pytest.fixture
def job(store: Store) -> Job:
    """A job with two queued trials."""
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(1)])
    return job


@pytest.fixture
def set_back(database_url: str) -> Shift:
    """Sets the database's clock back: all that it wrote is later by so many seconds."""

    def act(seconds: float) -> None:
        with create_engine(database_url, poolclass=NullPool).begin() as connection:
            for column in (trials.c.lease_until, jobs.c.suggestion_until, workers.c.seen_at):
                later: dict[str, Any] = {column.name: column + seconds}
                connection.execute(column.table.update().values(later))

    return act


def test_a_clock_that_is_set_back_freezes_no_trial_of_the_dead(
    store: Store, job: Job, set_back: Shift
) -> None:
    claim(store, job.id)
    set_back(HOURS)
    assert store.signs(job.id).expired
    assert store.requeue_expired(job.id) == [0]
    assert claim(store, job.id).attempt == 2


def test_who_lives_keeps_its_trial_when_the_clock_is_set_back(
    store: Store, job: Job, set_back: Shift
) -> None:
    trial = claim(store, job.id)
    set_back(HOURS)
    assert store.renew(trial.id, trial.attempt, LEASE)
    assert store.requeue_expired(job.id) == []
    complete(store, trial, 0.5, 8.0)
    assert store.trial(job.id, 0).state is TrialState.COMPLETED


def test_a_clock_that_is_set_back_keeps_nobody_from_proposing(
    store: Store, job: Job, set_back: Shift
) -> None:
    first = store.take_suggestion_lease(job.id, "dead", LEASE)
    assert store.take_suggestion_lease(job.id, "w", LEASE) is None
    set_back(HOURS)
    second = store.take_suggestion_lease(job.id, "w", LEASE)
    assert first is not None and second == first + 1


def test_a_small_step_of_the_clock_takes_nothing_from_anybody(
    store: Store, job: Job, set_back: Shift
) -> None:
    claim(store, job.id, seconds=1.0)
    set_back(LONGEST_SECONDS - 60.0)
    assert store.requeue_expired(job.id) == []


def test_a_worker_whose_beat_is_of_the_future_counts_as_silent(
    store: Store, job: Job, set_back: Shift
) -> None:
    store.register_worker(job.id, "w", "host", 1, "cpu")
    assert store.workers(job.id)[0].seconds_silent < 60.0
    set_back(HOURS)
    assert store.workers(job.id)[0].seconds_silent == pytest.approx(HOURS, abs=60.0)
