"""What a front asks of its database does not grow with the job: a database takes no more than
some ten thousand values from outside a statement."""

from typing import Any

import pytest
from sqlalchemy import create_engine, event, select, text

from peftsearch.storage.front import between
from peftsearch.storage.schema import trials
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal


def count_values(store: Store, freed: int) -> int:
    """The most that a query brings when a repeat frees so many of what a member dominated."""
    job = store.create_job(make_spec(f"job{freed}"))
    insert(store, job.id, [*map(make_proposal, range(freed + 1)), make_proposal(0, seed=1)])
    for i in range(freed + 1):
        complete(store, claim(store, job.id), 0.5 - i / 1000 if i else 0.9, 10)
    assert len(store.front(job.id)) == 1
    asked: list[tuple[int, str]] = []
    engine = store._connection.engine

    def listen(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((len(values), statement))

    event.listen(engine, "before_cursor_execute", listen)
    complete(store, claim(store, job.id), 0.0, 10)
    event.remove(engine, "before_cursor_execute", listen)
    (point,) = store.front(job.id)
    assert point.trials == (1,)
    return max(count for count, statement in asked if statement.startswith("SELECT"))


def test_a_repeat_that_frees_many_asks_with_no_more_values(new_sqlite: NewDatabase) -> None:
    with Store.open(new_sqlite()) as store:
        assert count_values(store, 30) == count_values(store, 1)


@pytest.mark.postgres
def test_a_server_that_knows_nothing_of_its_tables_aggregates_once(
    new_postgres: NewDatabase,
) -> None:
    """As after a restore: it takes joins of few rows, and would aggregate anew for each trial."""
    mine = trials.c.job_id == 1
    freed = select(trials.c.id).where(mine, trials.c.key.in_(between(mine, "accuracy", 0.1, 0.2)))
    engine = create_engine(new_postgres())
    asked = freed.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        for join in ("hashjoin", "mergejoin"):
            connection.execute(text(f"SET enable_{join} = off"))
        steps = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {asked}").all()]
    engine.dispose()
    (begin,) = (i for i, step in enumerate(steps) if step.strip().startswith("CTE "))
    assert "Aggregate" in steps[begin + 1]
    assert any("CTE Scan" in step for step in steps)
