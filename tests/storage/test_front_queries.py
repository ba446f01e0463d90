"""What a front asks of its database does not grow with the job: a database takes no more than
some ten thousand values from outside a statement."""

from typing import Any

from sqlalchemy import event

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
