"""Contract: what a waiting worker sees of its job."""

import pytest
from sqlalchemy import Connection, event

from peftsearch.errors import NotFoundError
from peftsearch.records.job import JobState
from peftsearch.records.preparation import Preparation
from peftsearch.records.signs import Signs
from peftsearch.records.trial import FailureKind
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, LEASE, claim, complete, insert, make_proposal


def test_a_new_job_calls_nobody(store: Store) -> None:
    job = store.create_job(make_spec())
    assert store.signs(job.id) == Signs(
        uid=job.uid,
        state=JobState.RUNNING,
        event=0,
        proposer=None,
        trials=0,
        queued=0,
        expired=0,
        prepared=False,
    )


def test_a_trial_is_counted_while_it_is_queued_and_once_its_lease_ran_out(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(1)])
    seen = store.signs(job.id)
    assert (seen.trials, seen.queued, seen.expired) == (2, 2, 0)
    trial = claim(store, job.id)
    seen = store.signs(job.id)
    assert (seen.trials, seen.queued, seen.expired) == (2, 1, 0)
    store.renew(trial.id, trial.attempt, EXPIRED)
    seen = store.signs(job.id)
    assert (seen.queued, seen.expired) == (1, 1)


def test_who_waits_is_heard_of_holds_nothing_and_does_not_propose(store: Store) -> None:
    job, other = store.create_job(make_spec()), store.create_job(make_spec("other"))
    for name in ("a", "b", "c"):
        store.register_worker(job.id, name, "host", 1, "cpu")
    store.register_worker(job.id, "confirms", "host", 1, "cpu", "confirm")
    store.register_worker(other.id, "d", "host", 1, "cpu")
    assert store.count_waiting(job.id, LEASE) == 3
    assert store.count_waiting(job.id, 0.0) == 0
    insert(store, job.id, [make_proposal(0), make_proposal(1)])
    trial = claim(store, job.id, "a")
    assert store.count_waiting(job.id, LEASE) == 2
    token = store.take_suggestion_lease(job.id, "b", LEASE)
    assert store.count_waiting(job.id, LEASE) == 1
    assert store.take_suggestion_lease(job.id, "b", EXPIRED) != token
    assert store.count_waiting(job.id, LEASE) == 2
    complete(store, trial, 0.5, 1.0)
    assert store.count_waiting(job.id, LEASE) == 3


def test_a_proposer_whose_lease_ran_out_is_none(store: Store) -> None:
    job = store.create_job(make_spec())
    store.take_suggestion_lease(job.id, "a", EXPIRED)
    assert store.signs(job.id).proposer is None


def test_ends_leases_states_and_the_preparation_are_seen(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0)])
    trial = claim(store, job.id)
    before = store.signs(job.id)
    store.fail(trial.id, trial.attempt, FailureKind.OUT_OF_MEMORY, "it failed")
    assert store.signs(job.id).event == before.event + 1
    token = store.take_suggestion_lease(job.id, "a", LEASE)
    assert token is not None
    assert store.signs(job.id).proposer == "a"
    store.release_suggestion_lease(job.id, token)
    assert store.signs(job.id).proposer is None
    store.prepare(job.id, Preparation())
    assert store.signs(job.id).prepared
    store.set_state(job.id, JobState.STOPPED)
    assert store.signs(job.id).state is JobState.STOPPED


def test_other_jobs_are_not_seen(store: Store) -> None:
    job, other = store.create_job(make_spec("a")), store.create_job(make_spec("b"))
    before = store.signs(job.id)
    insert(store, other.id, [make_proposal(0)])
    claim(store, other.id, seconds=EXPIRED)
    store.prepare(other.id, Preparation())
    assert store.signs(job.id) == before


def test_a_deleted_job_is_told(store: Store) -> None:
    job = store.create_job(make_spec())
    store.delete_job(job.id)
    with pytest.raises(NotFoundError, match="a job of this database"):
        store.signs(job.id)


def test_they_are_one_statement(store: Store) -> None:
    job = store.create_job(make_spec())
    connection: Connection = store._connection
    asked: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *x: asked.append(x[2]))
    store.signs(job.id)
    assert [x.split()[0] for x in asked if x.startswith("SELECT")] == ["SELECT"]
    assert all(x.startswith(("SELECT", "BEGIN", "SET TRANSACTION")) for x in asked)
