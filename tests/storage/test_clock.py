"""The database's clock, which on a test machine is the machine's own."""

import time

from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from peftsearch.storage.clock import now


def test_it_is_the_time_since_the_epoch(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        before = time.time()
        told = connection.execute(select(now())).scalar_one()
        after = time.time()
    # SQLite's clock has milliseconds, and a day number in a double 40 microseconds.
    assert before - 0.002 <= told <= after + 0.002


def test_it_does_not_stand_still_within_a_transaction(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        first = connection.execute(select(now())).scalar_one()
        time.sleep(0.005)
        assert connection.execute(select(now())).scalar_one() > first
