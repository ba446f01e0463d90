"""The closed form of several goals against Monte Carlo, BoTorch, and that of two."""

import moocore
import numpy as np
import pytest
import torch
from botorch.acquisition.multi_objective.analytic import ExpectedHypervolumeImprovement
from botorch.utils.multi_objective.box_decompositions.non_dominated import (
    NondominatedPartitioning,
)
from botorch.utils.testing import MockModel, MockPosterior
from scipy.special import ndtr

from peftsearch.search.improvement.acquisition import log_ehvi, staircase
from peftsearch.search.improvement.cell_improvement import log_feasible, log_gain
from peftsearch.search.improvement.cells import open_cells
from peftsearch.search.surrogates.gaussian import Matrix

RNG = np.random.default_rng(0)
FRONT = RNG.random((7, 4))
CORNER = np.full(4, 0.1)


def hypervolume(points: Matrix, goals: int) -> float:
    return float(moocore.hypervolume(points, ref=CORNER[:goals], maximise=True))


@pytest.mark.parametrize(("goals", "uncertain"), [(3, [0]), (3, [0, 2]), (4, [0]), (4, [0, 1, 3])])
def test_it_is_the_mean_gain_in_hypervolume(goals: int, uncertain: list[int]) -> None:
    rng, front = np.random.default_rng(1), FRONT[:, :goals]
    exact, sigma = rng.uniform(0.3, 0.9, (4, goals)), 0.15
    moments = {i: (exact[:, i], np.full(4, sigma**2)) for i in uncertain}
    ours = np.exp(log_gain(open_cells(front, CORNER[:goals]), exact, moments))
    before = hypervolume(front, goals)
    for row, expected in zip(exact, ours, strict=True):
        drawn = np.tile(row, (4000, 1))
        drawn[:, uncertain] += sigma * rng.standard_normal((4000, len(uncertain)))
        gains = [hypervolume(np.vstack([front, y]), goals) - before for y in drawn]
        error = np.std(gains) / np.sqrt(len(gains))
        assert expected == pytest.approx(np.mean(gains), abs=5 * error)


def test_it_is_botorchs_where_all_goals_are_uncertain() -> None:
    mean, variance = np.array([[0.6, 0.7, 0.5]]), np.array([[0.01, 0.02, 0.005]])
    reference = torch.tensor(CORNER[:3])
    model = MockModel(
        MockPosterior(mean=torch.tensor(mean)[None], variance=torch.tensor(variance)[None])
    )
    partitioning = NondominatedPartitioning(reference, torch.tensor(FRONT[:, :3]))
    function = ExpectedHypervolumeImprovement(model, reference.tolist(), partitioning)
    expected = float(function(torch.zeros(1, 1, 1, dtype=torch.float64)))
    moments = {i: (mean[:, i], variance[:, i]) for i in range(3)}
    ours = np.exp(log_gain(open_cells(FRONT[:, :3], CORNER[:3]), mean, moments))
    assert float(ours[0]) == pytest.approx(expected, rel=1e-9)


def test_of_one_quality_and_one_cost_it_is_the_sum_over_steps() -> None:
    rng = np.random.default_rng(2)
    costs, qualities = rng.uniform(2, 6, 9), rng.uniform(0.5, 0.9, 9)
    some, mean, variance = rng.uniform(2, 6.2, 30), rng.uniform(0.3, 1, 30), np.full(30, 0.002)
    steps = staircase(costs, qualities[None], 0.6, 6.0)
    expected = log_ehvi(some, mean[None], variance[None], steps)[0]
    cells = open_cells(np.column_stack([qualities, -costs]), np.array([0.6, -6.0]))
    exact = np.column_stack([np.zeros(30), -some])
    np.testing.assert_allclose(log_gain(cells, exact, {0: (mean, variance)}), expected, rtol=1e-8)


def test_what_is_exact_and_dominated_gains_nothing_and_the_hopeless_have_an_order() -> None:
    cells = open_cells(FRONT[:, :3], CORNER[:3])
    beyond = np.array([[0.0, 0.05, 0.5]])
    assert log_gain(cells, beyond, {0: (np.array([0.9]), np.array([0.01]))})[0] == -np.inf
    means = np.array([-2.0, -4.0, -8.0])
    found = log_gain(cells, np.full((3, 3), 0.5), {0: (means, np.full(3, 1e-4))})
    assert np.isfinite(found).all() and (np.diff(found) < -1e4).all()


def test_the_chance_to_keep_limits_is_a_product() -> None:
    first = (np.array([0.5, 0.9]), np.array([0.01, 0.01]))
    second = (np.array([-1.0, -3.0]), np.array([0.25, 0.25]))
    found = np.exp(log_feasible([(0.6, first), (-2.0, second)]))
    assert found == pytest.approx([ndtr(-1.0) * ndtr(2.0), ndtr(3.0) * ndtr(-2.0)])
    assert log_feasible([]) == 0.0


def test_what_is_known_exactly_gains_what_it_adds() -> None:
    """A forest has a variance of 0 where all of its trees agree; half of the points lie below."""
    rng, front = np.random.default_rng(3), FRONT[:, :3]
    exact = np.vstack([rng.uniform(0.3, 0.9, (4, 3)), np.full((2, 3), 0.05), front[:1]])
    ours = np.exp(log_gain(open_cells(front, CORNER[:3]), exact, {0: (exact[:, 0], np.zeros(7))}))
    before = hypervolume(front, 3)
    gains = [hypervolume(np.vstack([front, y]), 3) - before for y in exact]
    assert max(gains) > 0
    np.testing.assert_allclose(ours, gains, atol=1e-12)
    known = [(0.1, (np.array([0.0, 0.2]), np.zeros(2)))]
    assert np.exp(log_feasible(known)).tolist() == [0.0, 1.0]
