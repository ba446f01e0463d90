"""Contract: how a trial ends, and that it ends once."""

import math
from dataclasses import replace

import pytest

from peftsearch.errors import NotFoundError, StaleLeaseError, UserError
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import FailureKind, Reasons, TrialState
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, LEASE, claim, complete, insert, make_proposal

HASH = "0123456789abcdef" * 4


@pytest.fixture
def job(store: Store) -> Job:
    """A job with two queued trials of known cost."""
    job = store.create_job(make_spec())
    costs = [{"trainable_parameters": 8.0}, {"trainable_parameters": 16.0}]
    insert(store, job.id, [make_proposal(0), make_proposal(1)], costs)
    return job


def test_a_result_is_recorded_with_all_that_came(store: Store, job: Job) -> None:
    claimed = claim(store, job.id)
    values = {"accuracy": 0.1 + 0.2, "training_seconds": 5.0}
    provenance = {"versions": {"torch": "2.13.0"}, "seeds": [1, 2], "ratio": 0.1}
    assert store.complete(claimed.id, claimed.attempt, values, provenance, "a/0.st", {}, HASH) == 1
    trial = store.trials(job.id)[0]
    assert (trial.state, trial.attempt, trial.worker) == (TrialState.COMPLETED, 1, "w")
    assert trial.measurements == values | {"trainable_parameters": 8.0}
    assert (trial.provenance, trial.adapter) == (provenance, "a/0.st")
    assert trial.adapter_sha256 == HASH
    assert trial.running_seconds is not None and trial.running_seconds >= 0
    assert (trial.failure, trial.message) == (None, None)


def test_why_it_was_proposed_stays_with_a_trial(store: Store) -> None:
    job = store.create_job(make_spec())
    reasons = Reasons(0.02, 7, ("0123456789abcdef",))
    trials = [replace(make_proposal(i), reasons=reasons) for i in range(2)]
    insert(store, job.id, trials)
    done, failed = claim(store, job.id), claim(store, job.id)
    assert done.reasons == reasons
    complete(store, done, 0.5, 8.0)
    store.fail(failed.id, failed.attempt, FailureKind.BUG, "x")
    assert [x.reasons for x in store.trials(job.id)] == [reasons, reasons]


def test_a_known_cost_that_is_measured_again_is_replaced(store: Store, job: Job) -> None:
    complete(store, claim(store, job.id), 0.5, 9.0)
    assert store.trials(job.id)[0].measurements["trainable_parameters"] == 9.0


def test_events_count_the_ends_of_trials(store: Store, job: Job) -> None:
    first, second = claim(store, job.id), claim(store, job.id)
    assert store.fail(second.id, 1, FailureKind.BUG, "x") == 1
    assert complete(store, first, 0.5, 1) == 2
    assert store.find_job("job").event == 2


@pytest.mark.parametrize("kind", FailureKind)
def test_a_failure_is_recorded_with_its_message(store: Store, job: Job, kind: FailureKind) -> None:
    trial = claim(store, job.id)
    store.fail(trial.id, trial.attempt, kind, "line 1\nline 2: ü")
    failed = store.trials(job.id)[0]
    assert (failed.state, failed.failure) == (TrialState.FAILED, kind)
    assert failed.message == "line 1\nline 2: ü"
    assert failed.running_seconds is not None


def test_a_message_that_no_database_takes_is_escaped(store: Store, job: Job) -> None:
    trial = claim(store, job.id)
    store.fail(trial.id, trial.attempt, FailureKind.DATA, "nul \0, surrogate \udc80")
    assert store.trials(job.id)[0].message == "nul \\0, surrogate \\udc80"


def test_what_stopped_a_job_is_kept_until_it_runs_again(store: Store, job: Job) -> None:
    store.set_state(job.id, JobState.STOPPED, "no file \udc80\0")
    assert store.job(job.id).fault == "no file \\udc80\\0"
    store.set_state(job.id, JobState.RUNNING)
    assert store.job(job.id).fault is None
    store.set_state(job.id, JobState.STOPPED, "no file")
    assert store.change_budget(job.id, job.spec).fault is None
    store.set_state(job.id, JobState.STOPPED)
    assert store.job(job.id).fault is None


def test_a_late_result_is_accepted_while_its_attempt_is_current(store: Store, job: Job) -> None:
    expired = claim(store, job.id, seconds=EXPIRED)
    assert complete(store, expired, 0.5, 1) == 1
    requeued = claim(store, job.id, worker="late", seconds=EXPIRED)
    assert store.requeue_expired(job.id) == [1]
    assert complete(store, requeued, 0.6, 2) == 2
    assert store.counts(job.id)[TrialState.COMPLETED] == 2
    assert store.trials(job.id)[1].worker == "late"
    assert store.claim(job.id, "w", LEASE) is None


def test_a_result_is_refused_once_the_trial_was_reclaimed(store: Store, job: Job) -> None:
    old = claim(store, job.id, seconds=EXPIRED)
    store.requeue_expired(job.id)
    new = claim(store, job.id)
    with pytest.raises(StaleLeaseError, match="attempt 1 .* running in attempt 2"):
        complete(store, old, 0.9, 1)
    with pytest.raises(StaleLeaseError):
        store.fail(old.id, old.attempt, FailureKind.BUG, "x")
    assert store.find_job("job").event == 0
    assert complete(store, new, 0.4, 1) == 1
    assert store.trials(job.id)[0].measurements["accuracy"] == 0.4


def test_a_trial_ends_once(store: Store, job: Job) -> None:
    done, failed = claim(store, job.id), claim(store, job.id)
    complete(store, done, 0.5, 1)
    store.fail(failed.id, failed.attempt, FailureKind.BUG, "x")
    before = store.trials(job.id)
    for trial in (done, failed):
        with pytest.raises(StaleLeaseError):
            complete(store, trial, 0.9, 1)
        with pytest.raises(StaleLeaseError):
            store.fail(trial.id, trial.attempt, FailureKind.DATA, "y")
    assert store.trials(job.id) == before
    assert store.find_job("job").event == 2


def test_a_trial_that_was_never_claimed_cannot_end(store: Store, job: Job) -> None:
    trial = store.trials(job.id)[0]
    with pytest.raises(StaleLeaseError):
        complete(store, trial, 0.5, 1)
    with pytest.raises(NotFoundError):
        store.fail(999, 1, FailureKind.BUG, "x")


def test_the_quality_and_the_cost_must_be_measured(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0)])
    trial = claim(store, job.id)
    with pytest.raises(UserError, match="a measurement of accuracy; got only loss"):
        store.complete(trial.id, 1, {"loss": 1.0}, {}, None)
    with pytest.raises(UserError, match="a measurement of trainable_parameters"):
        store.complete(trial.id, 1, {"accuracy": 1.0}, {}, None)
    assert store.find_job("job").event == 0
    assert store.trials(job.id)[0] == trial
    assert complete(store, trial, 0.5, 1) == 1


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_measurements_are_finite(store: Store, job: Job, value: float) -> None:
    trial = claim(store, job.id)
    with pytest.raises(ValueError, match="finite measurements"):
        complete(store, trial, value, 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.complete(trial.id, 1, {"accuracy": 0.5}, {"loss": value}, None)
    assert store.trials(job.id)[0] == trial
    assert store.find_job("job").event == 0
