"""Stores that threads share: lent to one at a time, and none is left open."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import ResourceClosedError

from peftsearch.errors import UserError
from peftsearch.service.stores import CONNECTIONS, StorePool
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.specs import make_spec


def test_a_store_is_lent_to_one_thread_at_a_time(database_url: str) -> None:
    pool, lent, seen = StorePool(database_url), set[int](), set[int]()
    together = threading.Barrier(CONNECTIONS)

    def use(index: int) -> int:
        with pool.borrow() as store:
            assert id(store) not in lent
            lent.add(id(store))
            seen.add(id(store))
            if index < CONNECTIONS:
                together.wait(300)
            count = len(store.pulses())
            lent.remove(id(store))
        return count

    with Store.open(database_url) as store:
        store.create_job(make_spec())
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(use, range(40))) == [1] * 40
    pool.close()
    assert len(seen) == CONNECTIONS


def test_a_store_comes_back_after_an_error(new_sqlite: NewDatabase) -> None:
    pool = StorePool(new_sqlite())
    for _ in range(CONNECTIONS + 1):
        with pytest.raises(UserError), pool.borrow() as store:
            store.find_job("none")
    pool.close()


def test_a_database_that_cannot_be_opened_takes_no_slot() -> None:
    pool = StorePool("sqlite:////nowhere/x.db")
    for _ in range(CONNECTIONS + 1):
        with pytest.raises(UserError), pool.borrow():
            pass


def test_what_is_lent_is_closed_when_it_comes_back(new_sqlite: NewDatabase) -> None:
    pool = StorePool(new_sqlite())
    with pool.borrow() as lent:
        pool.close()
        assert lent.jobs() == []
    with pytest.raises(ResourceClosedError):
        lent.jobs()
