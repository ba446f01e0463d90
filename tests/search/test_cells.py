"""What a front leaves open: disjoint cells, all of it, and nothing else."""

import moocore
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from peftsearch.search.improvement.cells import open_cells

POINTS = st.tuples(st.integers(0, 9), st.integers(2, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-1, 4).map(float))
)
"""Few values, so that ties are common; some lie below the corner."""


@given(POINTS, st.integers(0, 2**32 - 1))
def test_a_place_is_in_one_cell_where_no_point_dominates_it_and_else_in_none(
    points: NDArray[np.float64], seed: int
) -> None:
    corner = np.zeros(points.shape[1])
    cells = open_cells(points, corner)
    for place in np.random.default_rng(seed).uniform(0, 5, (20, len(corner))):
        within = ((cells.lower < place) & (place <= cells.upper)).all(axis=1).sum()
        dominated = (points >= place).all(axis=1).any()
        assert within == (0 if dominated else 1)


@pytest.mark.parametrize("goals", [2, 3, 4])
def test_open_and_dominated_volume_make_the_box(goals: int) -> None:
    points = np.random.default_rng(0).random((25, goals))
    cells = open_cells(points, np.zeros(goals))
    sizes = np.minimum(cells.upper, 1.0) - cells.lower
    dominated = moocore.hypervolume(points, ref=np.zeros(goals), maximise=True)
    assert np.prod(sizes, axis=1).sum() + dominated == pytest.approx(1.0)


def test_without_points_all_is_open() -> None:
    cells = open_cells(np.empty((0, 3)), np.array([1.0, 2.0, 3.0]))
    assert cells.lower.tolist() == [[1.0, 2.0, 3.0]]
    assert np.isinf(cells.upper).all()


def test_neighbouring_slabs_share_their_cells() -> None:
    """Of n points in general position there are 2 n + 1 cells, not of the order of n squared."""
    points = np.random.default_rng(1).random((40, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    assert len(open_cells(points, np.zeros(3)).lower) == 81
