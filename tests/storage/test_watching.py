"""How SQLite answers what is asked often: from indices, however many trials there are."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Select, create_engine, event
from sqlalchemy.pool import NullPool

from peftsearch.records.trial import Trial, TrialState
from peftsearch.storage.front import between
from peftsearch.storage.schema import trials
from peftsearch.storage.store import Store
from peftsearch.storage.trials import completed_below
from peftsearch.storage.watching import _SIGNS
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal

_READ_BEFORE = Trial(
    1, 1, 0, make_proposal(0).configuration, 0, "search", 1.0, TrialState.QUEUED, 0
)
_BY_STATE = "ix_trials_job_id_state_number (job_id=? AND state=?)"
_BY_EVENT = "ix_trials_job_id_ended_event (job_id=? AND ended_event>?)"


def _explain(url: str, statement: Select[Any]) -> list[str]:
    """The steps by which SQLite answers."""
    Store.open(url).close()
    engine = create_engine(url, poolclass=NullPool)
    asked = statement.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all()]


def test_signs_walk_through_no_table(new_sqlite: Callable[[], str]) -> None:
    steps = _explain(new_sqlite(), _SIGNS.where(_SIGNS.selected_columns.id == 1))
    assert [x for x in steps if x.startswith("SCAN")] == []
    assert sum(x.startswith("SEARCH trials USING") for x in steps) == 3
    assert all("job_id=?" in x for x in steps if x.startswith("SEARCH trials"))


@pytest.mark.parametrize(
    ("do", "found"),
    [
        (lambda x: x.queued(1), _BY_STATE),
        (
            lambda x: x.ended_since(1, 7),
            _BY_EVENT,
        ),
        (lambda x: x.open_trials(1), _BY_STATE),
        (lambda x: x.open_trials(1, [_READ_BEFORE]), _BY_STATE),
        (lambda x: x.claim(1, "w", 60.0), _BY_STATE),
        (lambda x: x.requeue_expired(1), _BY_STATE),
        (lambda x: x.next_number(1), "(job_id=?)"),
        (lambda x: x.renew(1, 1, 60.0), "INTEGER PRIMARY KEY (rowid=?)"),
    ],
)
def test_what_workers_and_streams_ask_walks_through_no_table(
    new_sqlite: Callable[[], str], do: Callable[[Store], object], found: str
) -> None:
    with Store.open(new_sqlite()) as store:
        store.create_job(make_spec())
        steps = _steps_of(store, lambda: do(store))
    assert [x for x in steps if x.startswith("SCAN")] == []
    assert any("trials" in x and x.endswith(found) for x in steps), steps


def test_the_end_of_a_trial_walks_through_no_trials_of_its_job(
    new_sqlite: Callable[[], str],
) -> None:
    with Store.open(new_sqlite()) as store:
        job = store.create_job(make_spec())
        insert(store, job.id, [make_proposal(0), make_proposal(0, seed=1), make_proposal(1)])
        first, _, other = [claim(store, job.id) for _ in range(3)]
        for trial in (first, other):
            steps = _steps_of(store, partial(complete, store, trial, 0.5, 10))
            found = [x for x in steps if x.startswith(("SCAN", "SEARCH trials"))]
            assert any("(job_id=? AND key=?)" in x for x in found), found
            assert all("rowid=?" in x or "key=?" in x for x in found), found


def _steps_of(store: Store, do: Callable[[], object]) -> list[str]:
    """By which SQLite does what is done."""
    told: list[Any] = []
    engine = store._connection.engine
    note = _noting(told)
    event.listen(engine, "before_cursor_execute", note)
    do()
    event.remove(engine, "before_cursor_execute", note)
    with store._connection.begin():
        return [
            row[3]
            for statement, values in told
            for row in store._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]


def _noting(told: list[Any]) -> Callable[..., None]:
    """Notes statements that read or change, with their values."""

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE")) and (statement, values) not in told:
            told.append((statement, values))

    return note


@pytest.mark.parametrize(("number", "searched"), [(None, ""), (7, " AND number<?")])
def test_the_last_trials_come_from_an_index(
    new_sqlite: Callable[[], str], number: int | None, searched: str
) -> None:
    """In their order: nothing is sorted, and no trial beyond those that are asked for is read."""
    (step,) = _explain(new_sqlite(), completed_below(1, number))
    assert step.startswith("SEARCH trials USING INDEX ix_trials_job_id_state_number")
    assert step.endswith(f"(job_id=? AND state=?{searched})")


def test_where_a_bounded_front_changes_no_trial_is_walked_through(
    new_sqlite: Callable[[], str],
) -> None:
    """What a member of it frees is found by the trials of one job and their measurements."""
    mine = trials.c.job_id == 1
    steps = _explain(new_sqlite(), between(mine, "accuracy", 0.1, 0.2))
    assert [x for x in steps if x.startswith("SCAN")] == ["SCAN anon_1"]  # of what is found
    assert any("measurements" in x and "trial_id=? AND name=?" in x for x in steps)
