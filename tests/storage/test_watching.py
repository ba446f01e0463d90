"""How SQLite answers those that wait: from indices, however many trials there are."""

from collections.abc import Callable

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from peftsearch.storage.store import Store
from peftsearch.storage.watching import _SIGNS


def test_signs_walk_through_no_table(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    Store.open(url).close()
    engine = create_engine(url, poolclass=NullPool)
    statement = _SIGNS.where(_SIGNS.selected_columns.id == 1)
    asked = statement.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all()
    steps = [row[3] for row in plan]
    assert [x for x in steps if x.startswith("SCAN")] == []
    assert sum(x.startswith("SEARCH trials USING") for x in steps) == 3
    assert all("job_id=?" in x for x in steps if x.startswith("SEARCH trials"))
