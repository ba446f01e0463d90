"""Non-dominance against the definition, point by point."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from peftsearch.records.dominance import choose_front, non_dominated
from peftsearch.spaces.jobspec.bounds import Bound

POINTS = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(0, 4).map(float))
)


@given(POINTS)
def test_definition(points: NDArray[np.float64]) -> None:
    rows = points.tolist()
    expected = [
        not any(
            all(x >= y for x, y in zip(other, row, strict=True)) and other != row for other in rows
        )
        for row in rows
    ]
    assert non_dominated(points).tolist() == expected


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(0, 60), st.just(2)),
        elements=st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, np.inf]),
    )
)
def test_two_objectives_are_as_three_of_which_one_says_nothing(
    points: NDArray[np.float64],
) -> None:
    third = np.hstack([points, np.zeros((len(points), 1))])
    assert non_dominated(points).tolist() == non_dominated(third).tolist()


def test_a_value_that_is_no_number_is_compared_as_with_more_objectives() -> None:
    points = np.array([[np.nan, 5.0], [1.0, 3.0], [2.0, 4.0], [2.0, 4.0]])
    third = np.hstack([points, np.zeros((4, 1))])
    assert non_dominated(points).tolist() == non_dominated(third).tolist()


def test_many_points_need_little_memory() -> None:
    """All pairs of these would be 200 GB."""
    x = np.arange(10.0**5) * 2 + 1
    mask = non_dominated(np.stack([np.sort(x), x[::-1]], axis=1))
    assert mask.all()


@pytest.mark.parametrize("goals", [3, 4])
def test_of_many_points_the_same_stay(goals: int) -> None:
    points = np.random.default_rng(goals).integers(0, 12, (1500, goals)).astype(float)
    kept = non_dominated(points)
    better = [points[kept] >= point for point in points]
    equal = [(points[kept] == point).all(axis=1).any() for point in points]
    beaten = [x.all(axis=1).any() for x in better]
    assert all(beaten) and equal == kept.tolist()
    assert np.array_equal(non_dominated(points[kept]), np.ones(kept.sum(), bool))


def test_equal_points_both_stay() -> None:
    assert non_dominated(np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 2.0]])).tolist() == [
        True,
        True,
        False,
    ]


@dataclass(frozen=True)
class Candidate:
    values: dict[str, float]


def test_who_breaks_a_limit_or_lacks_a_value_is_on_no_front_and_dominates_nobody() -> None:
    good, poor, slow, blind = (
        Candidate({"accuracy": 0.7, "trainable_parameters": 5.0, "training_seconds": 9.0}),
        Candidate({"accuracy": 0.6, "trainable_parameters": 6.0, "training_seconds": 9.0}),
        Candidate({"accuracy": 0.9, "trainable_parameters": 5.0, "training_seconds": 11.0}),
        Candidate({"accuracy": 0.9, "trainable_parameters": 5.0}),
    )
    names, limit = ("accuracy", "trainable_parameters"), Bound("training_seconds", "<=", 10.0)
    everyone = [good, poor, slow, blind]
    assert choose_front(everyone, names) == [slow, blind]
    assert choose_front(everyone, names, [limit]) == [good]
    assert choose_front(everyone, [*names, "training_seconds"]) == [good, slow]
    assert choose_front([slow, blind], names, [limit]) == []


def test_no_points() -> None:
    assert non_dominated(np.empty((0, 2))).shape == (0,)
