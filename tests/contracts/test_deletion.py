"""Contract: a deleted job leaves nothing, and what its workers still do harms nobody."""

import time

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool

from peftsearch.errors import NotFoundError, StaleLeaseError
from peftsearch.records.job import Job, JobState
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.storage.schema import metadata, readings
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, LEASE, claim, complete, insert, make_proposal

from .threads import race


def _fill(store: Store, name: str) -> Job:
    """A job with a row in every table: one trial completed, one running and one queued."""
    job = store.create_job(make_spec(name))
    insert(store, job.id, [make_proposal(index) for index in range(3)])
    complete(store, claim(store, job.id), 0.5, 1)
    trial = claim(store, job.id)
    store.give_back(trial.id, trial.attempt)
    claim(store, job.id)
    store.register_worker(job.id, f"worker of {name}", "host", 1, "cpu")
    store.save_report(job.id, "confirm", {})
    store.write_note(job.id, 0, "first", "a note")
    store.prepare(job.id, Preparation(), b"head")
    return job


def _count_rows(url: str) -> dict[str, int]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table is not readings  # they outlive their job: test_ledger.py
        }


def test_all_of_a_job_goes_and_all_of_others_stays(store: Store, database_url: str) -> None:
    kept = _fill(store, "kept")
    rows, before = _count_rows(database_url), store.trials(kept.id)
    assert all(rows.values())
    gone = _fill(store, "gone")
    store.delete_job(gone.id)
    assert _count_rows(database_url) == rows
    assert store.trials(kept.id) == before
    assert [job.name for job in store.jobs()] == ["kept"]
    store.delete_job(kept.id)
    assert not any(_count_rows(database_url).values())


def test_an_unknown_job_cannot_be_deleted(store: Store) -> None:
    job = store.create_job(make_spec())
    with pytest.raises(NotFoundError, match=f"id {job.id + 1}"):
        store.delete_job(job.id + 1)
    store.delete_job(job.id)
    with pytest.raises(NotFoundError):
        store.delete_job(job.id)


def test_the_workers_of_a_deleted_job_are_told(store: Store) -> None:
    job = _fill(store, "job")
    held = store.trial(job.id, 1)
    token = store.take_suggestion_lease(job.id, "w", LEASE)
    assert token is not None
    store.delete_job(job.id)
    for action in (
        lambda: complete(store, held, 0.5, 1),
        lambda: store.fail(held.id, held.attempt, FailureKind.BUG, "x"),
        lambda: store.heartbeat("worker of job", 1, 2),
        lambda: store.register_worker(job.id, "new", "host", 1, "cpu"),
        lambda: store.save_report(job.id, "confirm", {}),
        lambda: store.prepare(job.id, Preparation()),
        lambda: store.insert(job.id, token, [make_proposal(5)], [{}]),
        lambda: store.set_state(job.id, JobState.FINISHED),
        lambda: store.find_job("job"),
    ):
        with pytest.raises(NotFoundError):
            action()
    store.give_back(held.id, held.attempt)
    store.release_suggestion_lease(job.id, token)
    assert not store.renew(held.id, held.attempt, LEASE)
    assert store.claim(job.id, "w", LEASE) is None
    assert store.requeue_expired(job.id) == []
    assert store.take_suggestion_lease(job.id, "w", LEASE) is None


def test_a_late_result_never_ends_the_trial_of_a_later_job(store: Store) -> None:
    """Ids are not given twice, whatever the database does by itself."""
    old = _fill(store, "job")
    held = store.trial(old.id, 1)
    store.delete_job(old.id)
    new = _fill(store, "job")
    ids = {trial.id for trial in store.trials(new.id)}
    assert new.id != old.id and held.id not in ids
    with pytest.raises(NotFoundError):
        complete(store, held, 0.9, 1)
    assert not store.renew(held.id, held.attempt, EXPIRED)
    assert store.counts(new.id)[TrialState.COMPLETED] == 1


def test_a_deletion_amid_the_work_breaks_neither(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec(trials=1000))
    insert(store, job.id, [make_proposal(index) for index in range(60)])

    def work(own: Store, index: int) -> None:
        if index == 0:
            while own.counts(job.id)[TrialState.COMPLETED] < 3:
                time.sleep(0.005)
            return own.delete_job(job.id)
        try:
            while True:
                _turn(own, job, f"w{index}")
        except NotFoundError:
            return None

    race(database_url, work)
    assert not any(_count_rows(database_url).values())


def _turn(store: Store, job: Job, worker: str) -> None:
    store.register_worker(job.id, worker, "host", 1, "cpu")
    lost, trial = store.claim(job.id, worker, LEASE), store.claim(job.id, worker, LEASE)
    if lost is not None:
        store.give_back(lost.id, lost.attempt)
    if trial is not None:
        try:
            complete(store, trial, trial.number / 100, trial.number)
        except StaleLeaseError:
            pytest.fail("nobody else has this trial")
