"""A configuration at the mean of its seeds."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.records.estimates import (
    estimate,
    estimate_each,
    mean,
    share_error,
    standard_error,
)
from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from tests.search.jobs import make_trial


def trial(number: int, accuracy: float, rank: int = 1, **more: float) -> Trial:
    modules = (Module("lora", rank, ("query",)),)
    configuration = Configuration((Stratum(0, 6, modules),), 1e-3)
    made = make_trial(number, Proposal(configuration, number, "search"))
    return replace(made, measurements={"accuracy": accuracy, **more})


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5))
def test_a_mean_is_exact_and_has_no_order(values: list[float]) -> None:
    exact = float(sum(map(Fraction, values))) / len(values)
    assert {mean(order) for order in permutations(values)} == {exact}


def test_an_estimate_is_of_what_all_seeds_have_measured() -> None:
    found = estimate([trial(5, 0.8, loss=0.5, peak=1.0), trial(2, 0.7, loss=0.25)])
    assert found.numbers == (2, 5)
    assert found.values == {"accuracy": mean([0.7, 0.8]), "loss": 0.375}
    assert found.first.number == 2
    assert (found.key, found.configuration) == (found.first.key, found.first.configuration)


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("accuracy", [0.7, 0.9, 0.8], 1),
        ("accuracy", [0.7, 0.9, 0.9], 1),
        ("loss", [0.7, 0.9, 0.8], 0),
        ("loss", [0.9, 0.7, 0.7], 1),
    ],
)
def test_of_equal_seeds_the_lowest_number_is_best(
    name: str, values: Sequence[float], best: int
) -> None:
    seeds = [replace(trial(i, 0.5), measurements={name: x}) for i, x in enumerate(values)]
    assert estimate(reversed(seeds)).best(name).number == best


def test_a_perfect_share_of_few_rows_is_no_certainty() -> None:
    assert share_error(0.6, 10_000) == pytest.approx(sqrt(0.6 * 0.4 / 10_000), rel=1e-3)
    assert share_error(1.0, 12) == share_error(0.0, 12) == pytest.approx(sqrt(14 * 2 / 16**3))
    assert share_error(1.0, 12) > share_error(1.0, 1_200) > 0


def test_the_standard_error_is_of_the_mean() -> None:
    found = estimate([trial(i, x) for i, x in enumerate([0.5, 0.7, 0.9])])
    assert found.standard_error("accuracy") == pytest.approx(0.2 / sqrt(3))
    assert estimate([trial(0, 0.5)]).standard_error("accuracy") is None
    assert standard_error([1.0, 1.0]) == 0


def test_keys_come_in_the_order_of_proposal_with_the_seeds_that_count() -> None:
    trials = [
        trial(6, 0.6, rank=2),
        trial(3, 0.5, rank=4),
        trial(1, 0.7, rank=2),
        replace(trial(0, 0.9, rank=4), fidelity=0.5),
        replace(trial(2, 0.9, rank=2), state=TrialState.FAILED),
        replace(trial(4, 0.9, rank=8), state=TrialState.RUNNING),
    ]
    assert [x.numbers for x in estimate_each(trials)] == [(1, 6), (3,)]


def test_a_notebook_prints_an_estimate_in_one_line() -> None:
    printed = str(estimate([trial(1, 0.74), trial(4, 0.76)]))
    assert printed.startswith("<Estimate ") and "of trials 1, 4: " in printed
    assert "accuracy 0.75" in printed and "\n" not in printed and len(printed) < 400
