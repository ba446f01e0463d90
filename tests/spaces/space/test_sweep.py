"""What everybody would do, as far as a model and a job's bounds have room for it."""

import pytest

from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.recipes import recipe
from peftsearch.spaces.space.sweep import choose_rates, sweep_ranks, tune_fully
from tests.anatomies import BERT
from tests.specs import make_spec

NONE = Hyperparameters()


def test_every_rank_on_two_sets_of_matrices_at_each_rate() -> None:
    spec = make_spec()
    swept = sweep_ranks(spec, NONE)
    assert not swept.left_out
    names = list(dict.fromkeys(x.name for x in swept.variants))
    ranks = (1, 2, 4, 8, 16, 32, 64)
    assert names == [f"rank {r} on {x}" for x in ("query+value", "all linears") for r in ranks]
    assert len({x.configuration.key for x in swept.variants}) == len(swept.variants) == 42
    rate = choose_rates(spec)[1]
    usual = recipe("lora", BERT, 8, rate)
    (same,) = [x for x in swept.variants if x.configuration.key == usual.key]
    assert same.name == "rank 8 on query+value"


def test_rates_are_those_that_the_job_searches() -> None:
    rates = choose_rates(make_spec(space={"learning_rates": [1e-3, 2e-3]}))
    assert min(rates) == pytest.approx(1e-3)
    assert len(rates) == 2 and 1.7e-3 < max(rates) <= 2e-3
    assert len(choose_rates(make_spec(baselines={"rates": 5}))) == 5


def test_what_does_not_fit_is_left_out_and_said() -> None:
    baselines = {"ranks": [8, 512]}
    bounds = {"bounds": ["trainable_parameters <= 100000"]}
    swept = sweep_ranks(make_spec(baselines=baselines, objectives=bounds), NONE)
    assert {x.name for x in swept.variants} == {"rank 8 on query+value"}
    wide, broken, _ = swept.left_out
    assert wide == "rank 512 on query+value: a matrix has only 384 rows or columns"
    assert broken.startswith("rank 8 on all linears: it breaks trainable_parameters <= ")


def test_what_is_searched_of_the_training_is_that_of_the_chosen_one() -> None:
    spec, chosen = make_spec(training={"epochs": [1, 2]}), Hyperparameters(epochs=2.0)
    made = (*sweep_ranks(spec, chosen).variants, *tune_fully(spec, chosen))
    assert {x.configuration.training.epochs for x in made} == {2.0}
    usual = sweep_ranks(spec, NONE).variants
    assert {x.configuration.training.epochs for x in usual} == {1.0}
