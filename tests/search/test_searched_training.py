"""Epochs, batch size and dropout as dimensions of a search."""

import math
from dataclasses import replace

import pytest

from peftsearch.search.features import EXPECTED, feature_names, features, relevant
from peftsearch.search.proposals import propose
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.space.presets import make_space
from tests.anatomies import BERT
from tests.specs import make_spec

from .jobs import emulate, lora, run_job

SEARCHED = {"epochs": [1, 2, 4], "batch_size": [8, 16, 32], "dropout": [0.0, 0.1]}
SPEC = make_spec(trials=30, training=SEARCHED)


def test_the_design_begins_with_the_middle_ones() -> None:
    published = make_spec(trials=30, training=SEARCHED, search={"recipes": "published"})
    first = propose(SPEC, [], 3, 0) + propose(published, [], 10, 0)
    assert {x.origin for x in first} == {"probe", "learnt", "recipe"}
    for proposal in first:
        found = proposal.configuration.training
        assert (found.epochs, found.batch_size) == (2.0, 16)
        assert found.dropout == (0.0 if proposal.configuration.drops_out else None)


@pytest.mark.parametrize("sampler", ["random", "sobol", "tpe", "nsga2"])
def test_every_sampler_proposes_all_values(sampler: str) -> None:
    search = {"sampler": sampler, "recipes": "none", "design": 1}
    spec = make_spec(trials=60, training=SEARCHED, search=search)
    found = [x.configuration.training for x in run_job(spec, seed=0, trials=24)]
    assert {x.epochs for x in found} == {1.0, 2.0, 4.0}
    assert {x.batch_size for x in found} == {8, 16, 32}
    assert {x.dropout for x in found} == {None, 0.0, 0.1}


def test_the_search_learns_that_longer_is_better() -> None:
    def quality(configuration: Configuration) -> float:
        assert configuration.training.epochs is not None
        return emulate(configuration) + 0.05 * math.log2(configuration.training.epochs)

    one_rate = {"learning_rates": [1e-3, 1e-3]}
    spec = make_spec(trials=20, space=one_rate, training={"epochs": [1, 2, 4, 8]})
    trials = run_job(spec, seed=3, trials=20, quality=quality, noise=0.002)
    searched = [x.configuration.training.epochs for x in trials if x.origin == "search"]
    assert searched[-4:].count(8.0) >= 3, searched


def test_only_what_is_searched_is_a_feature() -> None:
    names = [feature_names()[i] for i in relevant(make_space(SPEC))]
    searched = ["epochs", "batch_size", "dropout"]
    assert names[-4:] == [*searched, EXPECTED]
    plain = [feature_names()[i] for i in relevant(make_space(make_spec()))]
    assert [x for x in names if x not in searched] == plain


def test_counts_are_features_on_a_log_scale() -> None:
    def row(**said: float) -> dict[str, float]:
        found = features(replace(lora(8), training=Hyperparameters(**said)), BERT)  # type: ignore[arg-type]
        return dict(zip(feature_names(), found.tolist(), strict=True))

    epochs = [row(epochs=float(x))["epochs"] for x in (1, 2, 4)]
    assert epochs[1] - epochs[0] == pytest.approx(epochs[2] - epochs[1])
    assert epochs[0] < epochs[1]
    sizes = [row(batch_size=x)["batch_size"] for x in (4, 16, 64)]
    assert sizes == pytest.approx([0.0, 0.5, 1.0])
    assert row(dropout=0.1)["dropout"] == pytest.approx(0.5)
    assert row()["epochs"] == row()["batch_size"] == row()["dropout"] == 0.0
