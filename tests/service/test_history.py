"""Histories: read once, refreshed, and the same as what a fresh reading gives."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from peftsearch.errors import NotFoundError
from peftsearch.records.job import JobState
from peftsearch.service.memory.history import Histories
from peftsearch.service.memory.past import History
from peftsearch.service.stores import StorePool
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.restoring import back_up

from .records import PROBE, Filler, fill_example, lora


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    """Of a fresh SQLite database."""
    return new_sqlite()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Over that database."""
    with Store.open(url) as store:
        yield store


def same(one: History, other: History) -> bool:
    """Whether two histories tell the same, however they were read."""
    return one == other and one.columns.body(0) == other.columns.body(0)


def test_a_refreshed_history_is_as_a_fresh_one(database_url: str) -> None:
    rng, histories = np.random.default_rng(1), Histories()
    with Store.open(database_url) as store:
        filler = Filler.open(store)
        for _ in range(20):
            filler.random(rng)
            if rng.random() < 0.5:
                history = histories.get(store, "job")
                assert same(history, Histories().get(store, "job"))
                assert history.event == store.pulse("job").event == len(history.points)


def test_the_front_at_every_event_is_the_stores(store: Store) -> None:
    filler, rng, histories = Filler.open(store), np.random.default_rng(2), Histories()
    for _ in range(30):
        filler.random(rng)
        histories.get(store, "job")
    history = histories.get(store, "job")
    for event in range(31):
        found = [(x.key, x.trials, x.values) for x in history.front(event)]
        expected = [(x.key, x.trials, x.values) for x in store.front(filler.job.id, event)]
        assert found == expected
    assert any(entry.left for entry in history.entries)


def test_what_did_not_change_is_not_read_again(store: Store) -> None:
    fill_example(store)
    histories = Histories()
    first = histories.get(store, "job")
    assert histories.get(store, "job") is first
    asked = list[int]()

    def compute(history: History) -> int:
        asked.append(history.event)
        return 7

    assert [first.derive("once", compute) for _ in range(2)] == [7, 7]
    assert asked == [6]


def test_a_history_does_not_change_under_its_reader(store: Store) -> None:
    filler, histories = fill_example(store), Histories()
    old = histories.get(store, "job")
    body, front = old.columns.body(old.event), old.front()
    filler.complete(lora(2, start=5), 0.99)
    new = histories.get(store, "job")
    assert (old.event, new.event) == (6, 7)
    assert (old.columns.body(old.event), old.front()) == (body, front)
    assert new.front() != front


def test_state_and_budget_follow_the_job(store: Store) -> None:
    filler, histories = fill_example(store), Histories()
    points = histories.get(store, "job").points
    store.set_state(filler.job.id, JobState.FINISHED)
    history = histories.get(store, "job")
    assert (history.job.state, history.points) == (JobState.FINISHED, points)
    more = filler.job.spec.model_copy(
        update={"budget": filler.job.spec.budget.model_copy(update={"trials": 200_000})}
    )
    store.change_budget(filler.job.id, more)
    assert histories.get(store, "job").job.spec.budget.trials == 200_000


def test_a_job_of_a_deleted_ones_name_is_another(store: Store) -> None:
    filler, histories = fill_example(store), Histories()
    assert len(histories.get(store, "job").points) == 6
    store.delete_job(filler.job.id)
    with pytest.raises(NotFoundError):
        histories.get(store, "job")
    again = Filler.open(store)
    again.complete(PROBE, 0.5)
    history = histories.get(store, "job")
    assert [x.measurements["accuracy"] for x in history.points] == [0.5]
    assert len(histories) == 1


def test_a_database_that_was_restored_is_read_anew(store: Store, tmp_path: Path) -> None:
    """As soon as it is another one, and where it has come as far again by other ends."""
    filler, histories = fill_example(store), Histories()
    restore = back_up(store.url, tmp_path)
    filler.complete(lora(4), 0.99)
    assert histories.get(store, "job").event == 7
    restore()
    job = store.find_job("job")
    again = histories.find(store, job)
    assert again is not None and same(again, Histories().get(store, "job"))
    for accuracy in (0.98, 0.97):
        filler.complete(lora(4), accuracy)
    histories.get(store, "job")
    restore()
    for _ in range(3):
        filler.complete(lora(8), 0.6)
    assert same(histories.get(store, "job"), Histories().get(store, "job"))


def test_the_best_is_the_fronts(store: Store) -> None:
    fill_example(store)
    best = Histories().get(store, "job").best()
    assert best is not None and best.trials == (2,)


def test_many_threads_read_one_job_while_trials_end(url: str, store: Store) -> None:
    """Each sees whole histories, and no store is waited for while one is held."""
    filler, rng, stores = Filler.open(store), np.random.default_rng(4), StorePool(url)
    histories, stop, wrong = Histories(), threading.Event(), list[str]()

    def read() -> None:
        seen = 0
        while not stop.is_set():
            history = histories.read(stores, "job")
            events = [x.event for x in history.points]
            if events != list(range(1, history.event + 1)) or history.event < seen:
                wrong.append(f"{seen} {events}")
            seen = history.event

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        filler.random(rng)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert same(histories.read(stores, "job"), Histories().get(store, "job"))
    stores.close()
