"""Contract: the front equals a recomputation from all trials, now and at every past event."""

from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peftsearch.errors import NotFoundError
from peftsearch.records.trial import FailureKind, Trial
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_configuration, make_proposal

from .fronts import read_front, recompute_front

_names = count()


def test_an_empty_job_has_an_empty_front(store: Store) -> None:
    job = store.create_job(make_spec())
    assert store.front(job.id) == []
    assert store.front(job.id, 0) == []
    with pytest.raises(NotFoundError):
        store.front(job.id + 1)


def test_points_ascend_in_cost_and_carry_their_configuration(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(index) for index in range(4)])
    for accuracy, cost in [(0.9, 300), (0.5, 100), (0.7, 200), (0.6, 250)]:
        complete(store, claim(store, job.id), accuracy, cost)
    points = store.front(job.id)
    assert [x.configuration for x in points] == [make_configuration(x) for x in (1, 2, 0)]
    assert [x.values["trainable_parameters"] for x in points] == [100, 200, 300]
    assert [x.entered for x in points] == [2, 3, 1]
    assert all(x.key == x.configuration.key for x in points)


def test_equal_points_both_stand(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(1)])
    for _ in range(2):
        complete(store, claim(store, job.id), 0.5, 10)
    assert len(store.front(job.id)) == 2


def test_a_worse_second_seed_lets_a_dominated_point_back_in(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(1), make_proposal(0, seed=1)])
    complete(store, claim(store, job.id), 0.9, 10)
    complete(store, claim(store, job.id), 0.7, 10)
    first, second = make_configuration(0).key, make_configuration(1).key
    assert read_front(store, job.id) == [(first, 0.9, 10, (0,))]
    complete(store, claim(store, job.id), 0.1, 10)
    assert read_front(store, job.id) == [(second, 0.7, 10, (1,))]
    assert read_front(store, job.id, 2) == [(first, 0.9, 10, (0,))]


def test_a_worse_second_seed_lets_in_by_the_mean_over_seeds(store: Store) -> None:
    """Of two configurations that it dominated one has a mean between, and no seed there."""
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(1), make_proposal(1, seed=1)])
    for accuracy in (0.9, 0.95, 0.45):
        complete(store, claim(store, job.id), accuracy, 10)
    insert(store, job.id, [make_proposal(2), make_proposal(0, seed=1)])
    for accuracy in (0.4, 0.2):
        complete(store, claim(store, job.id), accuracy, 10)
    second = make_configuration(1).key
    assert read_front(store, job.id) == [(second, 0.7, 10, (1, 2))]


def test_a_member_whose_mean_changes_enters_anew(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(0, seed=1)])
    complete(store, claim(store, job.id), 0.5, 10)
    complete(store, claim(store, job.id), 0.75, 10)
    (before,), (now,) = store.front(job.id, 1), store.front(job.id)
    assert (before.values["accuracy"], before.trials, before.entered) == (0.5, (0,), 1)
    assert (now.values["accuracy"], now.trials, now.entered) == (0.625, (0, 1), 2)


def test_values_hold_every_objective_that_all_seeds_measured(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(0, seed=1)])
    shared = {"accuracy": 0.5, "trainable_parameters": 1.0, "loss": 0.25}
    trial = claim(store, job.id)
    store.complete(trial.id, 1, shared | {"peak_memory_bytes": 5.0}, {}, None)
    trial = claim(store, job.id)
    store.complete(trial.id, 1, shared | {"loss": 0.75}, {}, None)
    assert store.front(job.id)[0].values == shared | {"loss": 0.5}


def test_only_completed_fully_trained_trials_count(store: Store) -> None:
    job = store.create_job(make_spec())
    costs = [{"trainable_parameters": 1.0}] * 4
    proposals = [make_proposal(0, fidelity=0.5), *(make_proposal(index) for index in range(1, 4))]
    insert(store, job.id, proposals, costs)
    complete(store, claim(store, job.id), 0.9, 1)
    failed = claim(store, job.id)
    store.fail(failed.id, failed.attempt, FailureKind.BUG, "x")
    claim(store, job.id)
    assert store.front(job.id) == []


@dataclass
class History:
    """What a property test did to a job."""

    running: list[Trial] = field(default_factory=list)
    completed: dict[int, set[int]] = field(default_factory=dict)
    """Event to the numbers of the trials that were completed by then."""


# Few distinct values, so that ties and equal means are common.
results = st.tuples(st.integers(0, 4).map(lambda x: x / 10), st.integers(1, 4).map(float))
steps = st.one_of(
    st.just("claim"),
    st.tuples(st.just("complete"), st.integers(0, 7), results),
    st.tuples(st.just("fail"), st.integers(0, 7)),
)


@given(
    proposals=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=10),
    actions=st.lists(steps, max_size=30),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_front_of_every_event_equals_a_recomputation(
    store: Store,
    proposals: list[tuple[int, int]],
    actions: list[str | tuple[str, int, tuple[float, float]] | tuple[str, int]],
) -> None:
    job = store.create_job(make_spec(f"job{next(_names)}"))
    insert(store, job.id, [make_proposal(index, seed) for index, seed in proposals])
    history = History(completed={0: set()})
    for action in actions:
        _act(store, job.id, history, action)
    trials = store.trials(job.id)
    assert store.find_job(job.name).event == max(history.completed)
    for event, numbers in history.completed.items():
        expected = recompute_front([trials[number] for number in numbers])
        assert read_front(store, job.id, event) == expected
    assert read_front(store, job.id) == read_front(store, job.id, max(history.completed))


def _act(
    store: Store,
    job_id: int,
    history: History,
    action: str | tuple[str, int, tuple[float, float]] | tuple[str, int],
) -> None:
    if isinstance(action, str):
        if trial := store.claim(job_id, "w", 600):
            history.running.append(trial)
    elif history.running:
        trial = history.running.pop(action[1] % len(history.running))
        done = set(history.completed[max(history.completed)])
        if len(action) == 3:
            event = complete(store, trial, *action[2])
            done.add(trial.number)
        else:
            event = store.fail(trial.id, trial.attempt, FailureKind.BUG, "x")
        history.completed[event] = done
