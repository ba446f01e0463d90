"""Non-dominance against the definition, point by point."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from peftsearch.spaces.dominance import non_dominated

POINTS = st.tuples(st.integers(1, 12), st.integers(1, 3)).flatmap(
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


def test_equal_points_both_stay() -> None:
    assert non_dominated(np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 2.0]])).tolist() == [
        True,
        True,
        False,
    ]


def test_no_points() -> None:
    assert non_dominated(np.empty((0, 2))).shape == (0,)
