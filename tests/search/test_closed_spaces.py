"""Every sampler searches a closed space to its end, and nothing beside it."""

import itertools
from typing import Any

import pytest

from peftsearch.records.trial import TrialState
from peftsearch.search.proposals import propose
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.sampler_names import COMPARED, ENGINE
from peftsearch.spaces.jobspec.spec import JobSpec
from tests.specs import make_spec

from .jobs import emulate, make_trial, run_job

RATES, RANKS = (3e-4, 1e-3, 3e-3), (1, 4, 16)
LISTED = [
    Configuration(
        (Stratum(0, 3), Stratum(3, 6, (Module("lora", rank, ("query", "value")),))), rate
    )
    for rank, rate in itertools.product(RANKS, RATES)
]
LISTED += [
    Configuration((Stratum(0, 6, (Module("bitfit"),), (0, 4)),), 1e-3),  # no placement's name
    Configuration((Stratum(0, 6, (Module("prefix", 4),)),), 1e-3),
    Configuration((Stratum(0, 6),), 1e-3),
]


def make(sampler: str, trials: int = 100, **sections: Any) -> JobSpec:
    space = {"configurations": [x.to_json() for x in LISTED]}
    search = {"sampler": sampler, "design": 4}
    return make_spec(trials=trials, space=space, search=search, **sections)


@pytest.mark.parametrize("sampler", [ENGINE, *COMPARED])
def test_a_job_ends_when_the_list_is_trained(sampler: str) -> None:
    trials = run_job(make(sampler), seed=0, trials=100)
    keys = [x.key for x in trials if x.origin != "repeat"]
    assert sorted(keys) == sorted(x.key for x in LISTED)
    repeats = [x for x in trials if x.origin == "repeat"]
    assert {x.key for x in repeats} <= set(keys)
    assert bool(repeats) == (sampler == ENGINE)
    assert trials[0].configuration.frozen  # where the list has it
    assert len({(x.key, x.seed) for x in trials}) == len(trials)


@pytest.mark.parametrize("sampler", [ENGINE, *COMPARED])
def test_what_runs_or_failed_is_not_proposed_again(sampler: str) -> None:
    spec = make(sampler)
    states = itertools.cycle((TrialState.FAILED, TrialState.RUNNING, TrialState.COMPLETED))
    trials = [
        make_trial(
            i, x, emulate(x.configuration) if state is TrialState.COMPLETED else None, state
        )
        for i, (x, state) in enumerate(zip(propose(spec, [], 9, 0), states, strict=False))
    ]
    left = propose(spec, trials, 9, 0)
    found = {x.configuration.key for x in left if x.origin != "repeat"}
    assert found == {x.key for x in LISTED} - {x.key for x in trials}


def test_the_model_searches_a_list_as_well_as_it_can() -> None:
    origins = [x.origin for x in run_job(make(ENGINE, trials=10), seed=0, trials=10)]
    assert origins.count("search") >= 4


def test_a_list_without_the_probe_trains_none() -> None:
    space = {"configurations": [x.to_json() for x in LISTED[:5]]}
    trials = run_job(make_spec(trials=9, space=space), seed=0, trials=9)
    assert not any(x.configuration.frozen for x in trials)
    assert {x.key for x in trials} == {x.key for x in LISTED[:5]}


def test_members_beyond_a_bound_are_left_out() -> None:
    bounds = {"bounds": ["trainable_parameters <= 30000"]}
    trials = run_job(make("random", objectives=bounds), seed=0, trials=100)
    assert 0 < len(trials) < len(LISTED)
