"""Contract: several methods of a store as one transaction."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from peftsearch.records.job import Job, JobState
from peftsearch.storage.store import Store
from peftsearch.storage.transactions import run_read
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal


def test_all_is_recorded_or_nothing(store: Store) -> None:
    job = store.create_job(make_spec())

    def stop_and_fall(fall: bool) -> str:
        store.set_state(job.id, JobState.STOPPED)
        store.save_report(job.id, "confirm", {})
        if fall:
            raise RuntimeError("fallen")
        return "stopped"

    with pytest.raises(RuntimeError, match="fallen"):
        store.together(lambda: stop_and_fall(True))
    assert store.find_job("job") == job
    assert store.reports(job.id, "confirm") == []
    assert store.together(lambda: stop_and_fall(False)) == "stopped"
    assert store.find_job("job").state is JobState.STOPPED
    assert store.reports(job.id, "confirm") == [{}]


def test_what_was_read_under_the_lock_still_holds_when_it_is_acted_on(
    store: Store, database_url: str
) -> None:
    job = store.create_job(make_spec())
    both = threading.Barrier(2)

    def stop_once() -> bool:
        with Store.open(database_url) as own:
            both.wait()
            return own.together(lambda: _stop_if_running(own, job))

    with ThreadPoolExecutor(2) as pool:
        stops = [pool.submit(stop_once) for _ in range(2)]
    assert sorted(stop.result() for stop in stops) == [False, True]


def _stop_if_running(store: Store, job: Job) -> bool:
    if store.lock_job(job.id).state is not JobState.RUNNING:
        return False
    # Without the lock the other one passes the question at the latest now.
    threading.Event().wait(0.2)
    store.set_state(job.id, JobState.STOPPED)
    return True


def test_a_reader_cannot_write(store: Store) -> None:
    job = store.create_job(make_spec())
    with pytest.raises(AssertionError, match="cannot write"):
        run_read(store._connection, lambda: store.set_state(job.id, JobState.STOPPED))
    assert store.find_job("job").state is JobState.RUNNING


def test_what_is_read_at_once_is_of_one_moment(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0)])
    trial = claim(store, job.id)

    def read_while_another_writes() -> tuple[int, int]:
        before = store.find_job("job").event
        with Store.open(database_url) as own:
            complete(own, trial, 0.5, 1.0)
        return before, len(store.front(job.id))

    assert store.at_once(read_while_another_writes) == (0, 0)
    assert len(store.front(job.id)) == 1
