"""The engine from records to proposals."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.search.goals.observations import find_front, observe
from peftsearch.search.goals.reference_point import cost_range, find_reference_point
from peftsearch.search.proposals import propose
from peftsearch.search.suggester import Suggester
from peftsearch.search.surrogates.gaussian import Matrix
from peftsearch.search.surrogates.surrogate import EnsembleLinearMatern, GaussianFit
from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.families.anatomy import HeadTensor
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from tests.anatomies import BERT, LLAMA
from tests.floors import prepare
from tests.spaces.examples import LORA
from tests.specs import make_spec

from .jobs import make_trial, run_job

SPEC = make_spec(trials=25)


@pytest.fixture(scope="module")
def records() -> list[Trial]:
    """A job just after its design."""
    return run_job(SPEC, seed=1, trials=10)


def test_the_first_proposal_is_the_probe() -> None:
    first = propose(SPEC, [], 1, 0)[0]
    assert first.origin == "probe"
    assert not any(first.configuration.profile)
    assert first.fidelity == 1.0


def test_a_job_runs_through_design_model_and_repeats() -> None:
    trials = run_job(make_spec(trials=20), seed=0, trials=20)
    origins = [trial.origin for trial in trials]
    assert origins[:4] == ["probe", "learnt", "learnt", "learnt"]
    assert Counter(origins[4:]) == {"search": 13, "repeat": 3}
    pairs = [(trial.key, trial.seed) for trial in trials]
    assert len(set(pairs)) == len(pairs)
    repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    assert 1 <= len(repeated) <= 3


@pytest.fixture(scope="module")
def first(records: list[Trial]) -> list[Proposal]:
    """What follows `records`."""
    return propose(SPEC, records, 2, 5)


def test_equal_arguments_give_equal_proposals(records: list[Trial], first: list[Proposal]) -> None:
    torch.manual_seed(1)
    np.random.seed(1)
    before, legacy = torch.get_rng_state(), str(np.random.get_state())
    assert propose(SPEC, list(reversed(records)), 2, 5) == first
    assert [x.origin for x in first] == ["search", "search"]
    for proposal in first:
        assert proposal.reasons is not None
        assert proposal.reasons.expected_gain > 0
        assert set(proposal.reasons.nearest) < {x.key for x in records}
    assert torch.equal(before, torch.get_rng_state())
    assert legacy == str(np.random.get_state())


def test_a_longer_batch_begins_like_a_shorter_one(
    records: list[Trial], first: list[Proposal]
) -> None:
    assert propose(SPEC, records, 1, 5) == first[:1]
    assert propose(SPEC, records, 1, 6) != first[:1]


def test_what_is_pending_or_failed_is_not_proposed_again(
    records: list[Trial], first: list[Proposal]
) -> None:
    pending = make_trial(9, first[0], state=TrialState.RUNNING)
    failed = make_trial(10, first[1], state=TrialState.FAILED)
    then = propose(SPEC, [*records, pending, failed], 2, 5)
    assert [x.origin for x in then] == ["search", "search"]
    assert not {x.configuration.key for x in then} & {x.configuration.key for x in first}


def test_a_failure_keeps_the_search_away(records: list[Trial], first: list[Proposal]) -> None:
    """A failure counts as the probe's quality, so that its neighbourhood looks poor."""
    good = make_trial(9, first[0], 0.95)
    failed = make_trial(9, first[0], state=TrialState.FAILED)
    after_good, after_failed = (propose(SPEC, [*records, x], 1, 5)[0] for x in (good, failed))
    assert after_good.configuration != after_failed.configuration


def test_failed_and_pending_trials_alone_are_enough_to_go_on() -> None:
    proposals = propose(SPEC, [], 12, 0)
    half = [make_trial(i, x, state=TrialState.FAILED) for i, x in enumerate(proposals[:6])]
    rest = [make_trial(6 + i, x, state=TrialState.RUNNING) for i, x in enumerate(proposals[6:])]
    keys = {x.configuration.key for x in proposals}
    then = propose(SPEC, half + rest, 3, 0)
    assert [x.origin for x in then] == ["sobol"] * 3
    assert not keys & {x.configuration.key for x in then}


def test_every_trial_trains_with_its_own_seed(records: list[Trial]) -> None:
    seeds = [trial.seed for trial in records]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
    again = run_job(SPEC, seed=1, trials=10)
    assert [trial.seed for trial in again] == seeds


def test_a_repeat_is_a_front_member_with_a_new_seed() -> None:
    spec = make_spec(trials=25, search={"repeats": 0.9, "recipes": "published"})
    trials = run_job(spec, seed=1, trials=11)
    second = propose(spec, trials, 1, 1)[0]
    front = [x for x in find_front(observe(spec, trials))]
    assert second.origin == "repeat"
    assert second.configuration.key in {x.configuration.key for x in front}
    assert second.seed not in {x.seed for x in trials}


@pytest.mark.parametrize("sampler", ["bo", "random", "tpe"])
def test_hard_bounds_are_never_broken(sampler: str) -> None:
    bounds = ["trainable_parameters <= 20 K", "backward_depth <= 4"]
    spec = make_spec(trials=25, search={"sampler": sampler}, objectives={"bounds": bounds})
    trials = run_job(spec, seed=0, trials=14)
    assert len(trials) == 14
    for trial in trials:
        for bound in spec.bounds:
            assert bound.holds(KNOWN_COSTS[bound.name](trial.configuration, spec.anatomy))


@pytest.mark.parametrize("sampler", ["bo", "random", "sobol", "tpe", "nsga2"])
def test_the_probe_is_trained_once_where_its_head_has_a_rate_of_its_own(sampler: str) -> None:
    """A tight bound leaves little beside it; at another rate it would be the same training."""
    bounds = {"bounds": ["trainable_parameters <= 800"]}
    sections: dict[str, Any] = {
        "search": {"sampler": sampler},
        "objectives": bounds,
        "space": {"strata": 2},
    }
    spec = make_spec(trials=30, **sections)
    trials = run_job(spec, seed=0, trials=12)
    searched = [x for x in trials if x.origin != "repeat"]
    assert [x.number for x in searched if x.configuration.frozen] == [0]
    follows = make_space(make_spec(trials=30, head={"relative": True}, **sections))
    assert follows.feasible(replace(trials[0].configuration, learning_rate=3e-3))


def counted(batch_size: int) -> Workload:
    """Of 320 rows of 40 tokens, twice; larger batches are padded to more."""
    longest, read = 40 + batch_size, 640
    return Workload(
        steps=read // batch_size,
        batches=read / batch_size,
        sequences=read,
        together=batch_size,
        longest=(longest,),
        tokens=(read * longest,),
        pairs=((read * longest**2,),),
        base_bytes=10**7,
        said={"batch_size": batch_size},
    )


@pytest.mark.parametrize("name", ["training_memory", "training_flops"])
def test_bounds_hold_for_each_batch_size(name: str) -> None:
    """No trial, the probe included, costs more than a job fixed to its batch size would say."""
    sizes = [64, 8, 32]
    workload = counted(64).model_copy(update={"others": tuple(map(counted, sizes[1:]))})
    head = (HeadTensor(name="classifier.weight", shape=(2, 384)),)
    anatomy = BERT.model_copy(update={"workload": workload, "head": head})
    top = Configuration((Stratum(0, 5), Stratum(5, 6, (LORA,))), 1e-3)
    low, high = (
        KNOWN_COSTS[name](replace(top, training=Hyperparameters(batch_size=x)), anatomy)
        for x in (8, 64)
    )
    limit = (low + high) / 2
    assert low < limit
    spec = make_spec(
        anatomy=anatomy,
        trials=25,
        training={"batch_size": sizes},
        objectives={"cost": name, "bounds": [f"{name} <= {limit}"]},
    )
    trials = run_job(spec, seed=0, trials=14)
    used = Counter(x.configuration.training.batch_size for x in trials)
    for trial in trials:
        size = trial.configuration.training.batch_size or 0
        fixed = anatomy.model_copy(update={"workload": counted(size)})
        plain = replace(trial.configuration, training=Hyperparameters())
        assert KNOWN_COSTS[name](plain, fixed) <= limit
    assert used[8] > used[64]
    assert max(cost_range(spec, make_space(spec))) <= 2 * limit


@pytest.mark.parametrize("sampler", ["bo", "random", "sobol", "tpe", "nsga2"])
def test_an_exhausted_space_ends_the_proposals(sampler: str) -> None:
    section = {"preset": "lora", "ranks": [8], "roles": ["query"], "learning_rates": [1e-3, 4e-3]}
    spec = make_spec(trials=40, space=section, search={"sampler": sampler, "repeats": 0.0})
    trials = run_job(spec, seed=0, trials=40)
    assert len(trials) == len({trial.key for trial in trials}) == 6
    assert propose(spec, trials, 3, 0) == []


def test_it_works_on_another_family() -> None:
    spec = make_spec(anatomy=LLAMA, trials=12)
    trials = run_job(spec, seed=0, trials=9)
    assert [x.origin for x in trials[-2:]] == ["search", "repeat"]
    assert trials[-1].configuration.depth == LLAMA.layers


def test_partial_fidelity_teaches_the_model_nothing(records: list[Trial]) -> None:
    partial = replace(records[-1], fidelity=0.25, measurements={"accuracy": 0.99})
    without = [*records[:-1], replace(records[-1], measurements={})]
    expected = [x.configuration for x in propose(SPEC, without, 1, 5)]
    assert [x.configuration for x in propose(SPEC, [*records[:-1], partial], 1, 5)] == expected


def test_no_budget_of_trials_is_needed() -> None:
    spec: JobSpec = make_spec(anatomy=BERT, trials=None)
    assert [x.origin for x in propose(spec, [], 13, 0)][-1] == "sobol"


class _Noting(EnsembleLinearMatern):
    """Keeps the floor that it was asked for."""

    floor = 0.0

    def fit(self, x: Matrix, y: Matrix, seed: int, noise_floor: float = 0.0) -> GaussianFit:
        self.floor = noise_floor
        return super().fit(x, y, seed, noise_floor)


def test_noise_is_at_least_what_the_validation_rows_leave_open(records: list[Trial]) -> None:
    """The floors of `prepare` have a standard error of .02."""
    for preparation, error in ((prepare(0.77), 0.02), (None, 0.0)):
        surrogate = _Noting()
        reference = find_reference_point(SPEC, records, preparation=preparation)
        Suggester(SPEC, make_space(SPEC), reference, observe(SPEC, records), 0, surrogate)
        assert surrogate.floor == pytest.approx(error**2)
