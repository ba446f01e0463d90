"""Contract: a front of three objectives and a limit, now and at every past event."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
import pytest

from peftsearch.errors import UserError
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import claim, insert, make_proposal

SPEC = make_spec(
    objectives={
        "maximise": ["f1"],
        "minimise": ["trainable_parameters", "training_seconds"],
        "bounds": ["peak_memory_bytes <= 3 B", "f1 >= 0.2"],
    }
)
NAMES = (*SPEC.goals, "peak_memory_bytes")


def draw(rng: np.random.Generator) -> dict[str, float]:
    """Few distinct values, so that ties are common."""
    shares = {name: float(rng.integers(0, 5)) / 10 for name in ("accuracy", "f1")}
    return shares | {name: float(rng.integers(1, 5)) for name in NAMES[2:]}


def recompute(trials: Sequence[Trial]) -> set[str]:
    """By the definition."""
    means = {
        key: {name: fmean(x.measurements[name] for x in trials if x.key == key) for name in NAMES}
        for key in {x.key for x in trials}
    }
    able = {k: x for k, x in means.items() if x["peak_memory_bytes"] <= 3 and x["f1"] >= 0.2}
    return {k for k, x in able.items() if not any(beats(y, x) for y in able.values())}


def beats(left: Mapping[str, float], right: Mapping[str, float]) -> bool:
    pairs = [(objective(x).signed(left[x]), objective(x).signed(right[x])) for x in SPEC.goals]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


@pytest.mark.parametrize("seed", range(4))
def test_the_front_of_every_event_equals_a_recomputation(store: Store, seed: int) -> None:
    rng, job = np.random.default_rng(seed), store.create_job(SPEC)
    insert(store, job.id, [make_proposal(i % 8, i // 8) for i in range(24)])
    events = []
    for _ in range(24):
        trial = claim(store, job.id)
        events.append(store.complete(trial.id, trial.attempt, draw(rng), {}, None))
    trials = store.trials(job.id)
    fronts = [{x.key for x in store.front(job.id, event)} for event in events]
    assert fronts == [recompute(trials[: i + 1]) for i in range(24)]
    assert any(fronts) and {x.key for x in store.front(job.id)} == fronts[-1]


def _result(quality: float, cost: float, peak: float) -> dict[str, float]:
    shares = {"accuracy": quality, "f1": quality}
    return shares | {
        "trainable_parameters": cost,
        "training_seconds": cost,
        "peak_memory_bytes": peak,
    }


def test_who_leaves_by_a_bound_lets_in_what_it_alone_dominated(store: Store) -> None:
    job = store.create_job(SPEC)
    insert(store, job.id, [make_proposal(0), make_proposal(1), make_proposal(2)])
    insert(store, job.id, [make_proposal(0, seed=1)])
    fronts = []
    for result in (
        _result(0.9, 2.0, 1.0),
        _result(0.8, 3.0, 1.0),  # the first one alone dominates it
        _result(0.7, 4.0, 1.0),  # and this one the second one as well
        _result(0.9, 2.0, 9.0),  # the first one again, now beyond the bound
    ):
        trial = claim(store, job.id)
        store.complete(trial.id, trial.attempt, result, {}, None)
        fronts.append({x.trials for x in store.front(job.id)})
    assert fronts == [{(0,)}, {(0,)}, {(0,)}, {(1,)}]


@pytest.mark.parametrize("name", NAMES)
def test_a_trial_that_lacks_an_objective_or_what_a_limit_is_on_is_no_result(
    store: Store, name: str
) -> None:
    job = store.create_job(SPEC)
    insert(store, job.id, [make_proposal(0)])
    trial, values = claim(store, job.id), draw(np.random.default_rng(0))
    del values[name]
    with pytest.raises(UserError, match=f"a measurement of {name}"):
        store.complete(trial.id, trial.attempt, values, {}, None)
    with pytest.raises(ValueError, match="finite"):
        store.complete(trial.id, trial.attempt, values | {name: float("nan")}, {}, None)
