"""The other samplers, rebuilt from the records."""

import numpy as np
import pytest

from peftsearch.records.trial import TrialState
from peftsearch.search.proposals import propose
from peftsearch.search.samplers import OptunaSampler
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.presets import make_space
from tests.specs import make_spec

from .jobs import emulate, lora, make_trial, run_job

SAMPLERS = ("random", "sobol", "tpe", "nsga2")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_probe_tries_and_what_was_learnt_come_first(sampler: str) -> None:
    spec = make_spec(search={"sampler": sampler}, tries=[lora(3)])
    trials = run_job(spec, seed=0, trials=9)
    origins = [trial.origin for trial in trials]
    assert origins == ["probe", "try"] + ["learnt"] * 3 + [sampler] * 4
    bare = make_spec(search={"sampler": sampler, "recipes": "none"})
    assert [x.origin for x in propose(bare, [], 3, 0)] == ["probe", sampler, sampler]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_they_stay_in_the_space_and_never_repeat(sampler: str) -> None:
    spec = make_spec(search={"sampler": sampler})
    trials = run_job(spec, seed=0, trials=30)
    space = make_space(spec)
    assert len({trial.key for trial in trials}) == 30
    assert all(encode(space, trial.configuration) is not None for trial in trials)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_equal_arguments_give_equal_proposals(sampler: str) -> None:
    spec = make_spec(search={"sampler": sampler})
    trials = run_job(spec, seed=0, trials=24)
    state = str(np.random.get_state())
    first = propose(spec, trials, 3, 0)
    assert propose(spec, trials, 3, 0) == first
    assert str(np.random.get_state()) == state


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_optunas_samplers_learn_from_the_records(sampler: str) -> None:
    """A study that forgot its records would go on at random."""
    spec = make_spec(trials=60, search={"sampler": sampler})
    trials = run_job(spec, seed=0, trials=50, noise=0.0)
    drawn = run_job(make_spec(search={"sampler": "random"}), seed=0, trials=50, noise=0.0)
    late, random = (
        np.mean([emulate(trial.configuration) for trial in part[-25:]]) for part in (trials, drawn)
    )
    assert late > random + 0.02


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_failed_running_and_foreign_trials_are_taken(sampler: str) -> None:
    spec = make_spec(search={"sampler": sampler}, tries=[lora(3)])
    trials = run_job(spec, seed=0, trials=24)
    later = propose(spec, trials, 4, 0)
    states = (TrialState.FAILED, TrialState.RUNNING, TrialState.QUEUED, TrialState.FAILED)
    more = [
        make_trial(24 + i, x, state=state)
        for i, (x, state) in enumerate(zip(later, states, strict=True))
    ]
    keys = {x.configuration.key for x in propose(spec, trials + more, 4, 0)}
    assert len(keys) == 4
    assert not keys & {x.configuration.key for x in later}


def test_where_optuna_only_repeats_itself_something_new_is_drawn() -> None:
    section = {"preset": "lora", "ranks": [1, 2], "learning_rates": [1e-3, 1e-3]}
    spec = make_spec(space=section)
    space = make_space(spec)
    rng = np.random.default_rng(0)
    every = {space.sample(rng).key for _ in range(200)}
    seen = every - {space.decode((0,) * len(space.dimensions)).key}
    found = OptunaSampler("tpe", spec, space, []).suggest([], seen, rng)
    assert found is not None
    assert {found.key} == every - seen
