"""The number of trials from which importance is trusted is what simulated jobs say."""

from benchmarks.importance import simulate
from peftsearch.insight.what_matters import ENOUGH


def test_with_enough_trials_the_one_that_decides_stands_first_and_with_few_it_does_not() -> None:
    assert simulate(ENOUGH, 1.0, 40)[0] > 0.9 > 0.8 > simulate(24, 1.0, 40)[0]


def test_where_nothing_matters_something_stands_first_all_the_same() -> None:
    assert simulate(24, 1.0, 40)[1] > 0.3
