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
from tests.storage.examples import EXPIRED, LEASE, claim, insert, make_proposal


def test_a_new_job_calls_nobody(store: Store) -> None:
    job = store.create_job(make_spec())
    assert store.signs(job.id) == Signs(
        uid=job.uid,
        state=JobState.RUNNING,
        event=0,
        proposer=None,
        trials=0,
        queued=False,
        expired=False,
        prepared=False,
    )
    assert not store.signs(job.id).calls


def test_a_trial_calls_while_it_is_queued_and_once_its_lease_ran_out(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0)])
    seen = store.signs(job.id)
    assert (seen.trials, seen.queued, seen.expired, seen.calls) == (1, True, False, True)
    trial = claim(store, job.id)
    seen = store.signs(job.id)
    assert (seen.trials, seen.queued, seen.expired, seen.calls) == (1, False, False, False)
    store.renew(trial.id, trial.attempt, EXPIRED)
    seen = store.signs(job.id)
    assert (seen.queued, seen.expired, seen.calls) == (False, True, True)


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
