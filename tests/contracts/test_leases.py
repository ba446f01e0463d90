"""Contract: claim, renew, give back, requeue, and how long it all took."""

import pytest
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.pool import NullPool

from peftsearch.errors import StaleLeaseError
from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, Trial, TrialState
from peftsearch.storage.schema import lost_attempts, trials
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage import examples
from tests.storage.examples import EXPIRED, LEASE, claim, complete, make_proposal


@pytest.fixture
def job(store: Store) -> Job:
    """A job with three queued trials."""
    job = store.create_job(make_spec())
    examples.insert(store, job.id, [make_proposal(index) for index in range(3)])
    return job


def _state(store: Store, trial: Trial) -> TrialState:
    return store.trials(trial.job_id)[trial.number].state


def test_the_lowest_number_is_claimed_first(store: Store, job: Job) -> None:
    for number in range(3):
        trial = claim(store, job.id, worker=f"w{number}")
        assert (trial.number, trial.attempt) == (number, 1)
        assert (trial.state, trial.worker) == (TrialState.RUNNING, f"w{number}")
        assert store.trials(job.id)[number] == trial
    assert store.claim(job.id, "w", LEASE) is None


def test_a_claimed_trial_carries_its_known_costs(store: Store) -> None:
    job = store.create_job(make_spec())
    examples.insert(store, job.id, [make_proposal(0)], [{"adapter_bytes": 8.0}])
    assert claim(store, job.id).measurements == {"adapter_bytes": 8.0}


def test_an_unknown_job_has_nothing_to_claim(store: Store) -> None:
    assert store.claim(1, "w", LEASE) is None


def test_a_trial_that_is_given_back_is_claimed_next_with_a_higher_attempt(
    store: Store, job: Job
) -> None:
    first = claim(store, job.id)
    store.give_back(first.id, first.attempt)
    assert _state(store, first) is TrialState.QUEUED
    again = claim(store, job.id)
    assert (again.number, again.attempt) == (0, 2)


def test_giving_back_what_is_not_held_changes_nothing(store: Store, job: Job) -> None:
    first = claim(store, job.id)
    store.give_back(first.id, first.attempt)
    second = claim(store, job.id)
    store.give_back(first.id, first.attempt)
    assert _state(store, second) is TrialState.RUNNING
    complete(store, second, 0.5, 1)
    store.give_back(second.id, second.attempt)
    assert _state(store, second) is TrialState.COMPLETED
    store.give_back(999, 1)


def test_only_expired_leases_are_requeued(store: Store, job: Job) -> None:
    claim(store, job.id, seconds=EXPIRED)
    held = claim(store, job.id)
    claim(store, job.id, seconds=EXPIRED)
    assert store.requeue_expired(job.id) == [0, 2]
    assert store.requeue_expired(job.id) == []
    assert _state(store, held) is TrialState.RUNNING
    assert claim(store, job.id).attempt == 2


def test_renewing_keeps_a_trial_from_being_requeued(store: Store, job: Job) -> None:
    trial = claim(store, job.id, seconds=EXPIRED)
    assert store.renew(trial.id, trial.attempt, LEASE)
    assert store.requeue_expired(job.id) == []


def test_renewing_takes_back_what_was_requeued_and_not_reclaimed(store: Store, job: Job) -> None:
    trial = claim(store, job.id, seconds=EXPIRED)
    store.requeue_expired(job.id)
    assert store.renew(trial.id, trial.attempt, LEASE)
    assert _state(store, trial) is TrialState.RUNNING
    assert claim(store, job.id).number == 1
    # It may run out a second time.
    store.renew(trial.id, trial.attempt, EXPIRED)
    assert store.requeue_expired(job.id) == [0]


def test_renewing_fails_once_reclaimed_given_back_or_ended(store: Store, job: Job) -> None:
    old = claim(store, job.id, seconds=EXPIRED)
    store.requeue_expired(job.id)
    new = claim(store, job.id)
    assert (new.id, new.attempt) == (old.id, old.attempt + 1)
    assert not store.renew(old.id, old.attempt, LEASE)
    assert store.renew(new.id, new.attempt, LEASE)
    store.give_back(new.id, new.attempt)
    assert not store.renew(new.id, new.attempt, LEASE)
    last = claim(store, job.id)
    complete(store, last, 0.5, 1)
    assert not store.renew(last.id, last.attempt, LEASE)
    assert not store.renew(999, 1, LEASE)


def test_a_trial_that_was_never_claimed_cannot_be_renewed(store: Store, job: Job) -> None:
    trial = store.trials(job.id)[0]
    assert not store.renew(trial.id, 0, LEASE)


def test_a_trial_that_loses_every_worker_fails(store: Store, job: Job) -> None:
    for attempt in (1, 2):
        assert claim(store, job.id, seconds=EXPIRED).attempt == attempt
        assert store.requeue_expired(job.id, max_attempts=3) == [0]
    claim(store, job.id, worker="unlucky", seconds=EXPIRED)
    assert store.requeue_expired(job.id, max_attempts=3) == []
    trial = store.trials(job.id)[0]
    assert (trial.state, trial.failure) == (TrialState.FAILED, FailureKind.LOST_WORKER)
    assert trial.message is not None and "unlucky" in trial.message
    assert store.find_job("job").event == 1
    with pytest.raises(StaleLeaseError):
        complete(store, trial, 0.5, 1)


def test_attempts_that_were_given_back_cost_a_trial_nothing(store: Store, job: Job) -> None:
    """As when a person or a full disk ended them."""
    for _ in range(5):
        back = claim(store, job.id)
        store.give_back(back.id, back.attempt)
    for attempt in (6, 7):
        assert claim(store, job.id, seconds=EXPIRED).attempt == attempt
        assert store.requeue_expired(job.id, max_attempts=3) == [0]
    claim(store, job.id, seconds=EXPIRED)
    assert store.requeue_expired(job.id, max_attempts=3) == []
    assert store.trial(job.id, 0).failure is FailureKind.LOST_WORKER


def test_several_trials_can_be_lost_at_once(store: Store, job: Job) -> None:
    for _ in range(3):
        claim(store, job.id, seconds=EXPIRED)
    assert store.requeue_expired(job.id, max_attempts=1) == []
    assert store.counts(job.id)[TrialState.FAILED] == 3
    assert store.find_job("job").event == 3


def test_a_job_that_never_ran_used_no_hours(store: Store, job: Job) -> None:
    assert store.used_hours(job.id) == 0


def test_used_hours_are_the_union_of_all_attempts(
    store: Store, job: Job, database_url: str
) -> None:
    claimed = [claim(store, job.id) for _ in range(3)]
    hours = {"claimed_at": 0.0, "lease_until": 2 * 3600.0}
    _set_times(database_url, claimed[0], **hours | {"ended_at": 3600.0})
    # This one fell silent: it counts until its lease ran out.
    _set_times(database_url, claimed[1], **hours | {"claimed_at": 1800.0})
    store.give_back(claimed[2].id, claimed[2].attempt)
    assert store.used_hours(job.id) == pytest.approx(2.0, abs=0.01)
    _add_lost(database_url, claimed[2], 3 * 3600.0, 4.5 * 3600.0)
    assert store.used_hours(job.id) == pytest.approx(3.5, abs=0.01)
    assert store.fruitless_seconds(job.id) == pytest.approx(4 * 3600, abs=60)


def test_hours_of_another_job_are_not_used(store: Store, job: Job, database_url: str) -> None:
    other = store.create_job(make_spec("other"))
    examples.insert(store, other.id, [make_proposal(0)])
    lost = claim(store, other.id)
    store.give_back(lost.id, lost.attempt)
    _add_lost(database_url, lost, 0.0, 3600.0)
    mine = claim(store, job.id)
    _set_times(database_url, mine, claimed_at=0.0, ended_at=1800.0)
    assert store.used_hours(job.id) == pytest.approx(0.5)
    assert store.used_hours(other.id) == pytest.approx(1.0, abs=0.01)
    assert store.fruitless_seconds(other.id) == pytest.approx(3600, abs=60)


def test_attempts_without_a_result_are_kept(store: Store, job: Job, database_url: str) -> None:
    first = claim(store, job.id, worker="a", seconds=EXPIRED)
    store.requeue_expired(job.id)
    second = claim(store, job.id, worker="b")
    store.give_back(second.id, second.attempt)
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        columns = lost_attempts.c.trial_id, lost_attempts.c.attempt, lost_attempts.c.worker
        kept = [tuple(row) for row in connection.execute(select(*columns))]
    assert kept == [(first.id, 1, "a"), (first.id, 2, None)]


def test_a_lost_trial_ran_until_its_lease_ended(store: Store, job: Job, database_url: str) -> None:
    trial = claim(store, job.id)
    _set_times(database_url, trial, claimed_at=1000.0, lease_until=1060.0)
    store.requeue_expired(job.id, max_attempts=1)
    assert store.trials(job.id)[0].running_seconds == pytest.approx(60.0)


def _set_times(url: str, trial: Trial, **times: float) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(update(trials).where(trials.c.id == trial.id).values(**times))


def _add_lost(url: str, trial: Trial, start: float, end: float) -> None:
    values = {"trial_id": trial.id, "attempt": 1, "claimed_at": start, "ended_at": end}
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(insert(lost_attempts).values(values))


def test_an_attempt_that_was_taken_back_is_none_that_fell_silent(
    store: Store, job: Job, database_url: str
) -> None:
    """A worker that slept three times over, as on a laptop, and came back each time."""
    trial = claim(store, job.id, seconds=EXPIRED)
    for _ in range(3):
        assert store.requeue_expired(job.id) == [0]
        assert store.renew(trial.id, trial.attempt, EXPIRED)
    assert store.renew(trial.id, trial.attempt, LEASE)
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(select(lost_attempts)).all() == []
    complete(store, trial, 0.5, 1.0)
    assert store.trial(job.id, 0).state is TrialState.COMPLETED
