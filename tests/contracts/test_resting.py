"""Contract: a store that rests leaves its server's connection to others, and works on after it."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.waiting import wait_until


def test_a_store_that_rests_goes_on(store: Store) -> None:
    job = store.create_job(make_spec())
    store.rest()
    store.rest()
    assert store.find_job("job") == job
    store.rest()
    assert store.create_job(make_spec("other")).id != job.id
    store.close()
    store.rest()


@pytest.mark.postgres
def test_a_store_that_rests_has_no_connection(new_postgres: NewDatabase) -> None:
    url = new_postgres()
    with Store.open(url) as store, create_engine(url, poolclass=NullPool).connect() as other:
        with store._connection.begin():
            pid = store._connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        mine = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        assert other.execute(mine, {"pid": pid}).scalar_one() == 1
        other.rollback()  # what a transaction saw of it, it sees until its end
        store.rest()

        def is_gone() -> bool:
            with other.begin():
                return bool(other.execute(mine, {"pid": pid}).scalar_one() == 0)

        wait_until(is_gone)
        assert store.jobs() == []
