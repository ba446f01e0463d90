"""Known-cost EHVI against Monte Carlo, against BoTorch, and at its edges."""

import math

import moocore
import numpy as np
import pytest
import torch
from botorch.acquisition.analytic import _log_ei_helper
from botorch.acquisition.multi_objective.analytic import ExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.monte_carlo import qNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import MCMultiOutputObjective
from botorch.models import SingleTaskGP
from botorch.sampling.normal import SobolQMCNormalSampler
from botorch.utils.multi_objective.box_decompositions.non_dominated import (
    NondominatedPartitioning,
)
from botorch.utils.testing import MockModel, MockPosterior
from gpytorch.kernels import MaternKernel, ScaleKernel
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from peftsearch.search.improvement import acquisition
from peftsearch.search.improvement.acquisition import (
    acquisition_values,
    log_ehvi,
    log_improvement,
    mean_volume,
    staircase,
)
from peftsearch.search.surrogates.gaussian import EnsemblePosterior, Matrix, Prior

Q_REF, C_REF = 0.6, 6.0
LEGACY = "ignore::botorch.exceptions.warnings.NumericsWarning"
"""BoTorch advises its log version, which differs by a smoothing that has no place here."""
FRONT = (np.array([3.0, 4.0, 4.5]), np.array([[0.65, 0.72, 0.75]]))


def ehvi(cost: float, mean: float, sigma: float, front: tuple[Matrix, Matrix] = FRONT) -> float:
    """EHVI of one candidate against one front."""
    steps = staircase(*front, Q_REF, C_REF)
    value = log_ehvi(np.array([cost]), np.array([[mean]]), np.array([[sigma**2]]), steps)
    return math.exp(value[0, 0])


def hypervolume(costs: Matrix, qualities: Matrix) -> float:
    points = np.column_stack([qualities, -costs])
    return float(moocore.hypervolume(points, ref=[Q_REF, -C_REF], maximise=True))


fronts = st.lists(st.tuples(st.floats(2.0, 7.0), st.floats(0.4, 0.9)), min_size=0, max_size=6).map(
    lambda points: (np.array([c for c, _ in points]), np.array([[q for _, q in points]]))
)


@given(fronts, st.floats(2.0, 4.0))
def test_the_volume_under_a_front_is_that_within_the_box(
    front: tuple[Matrix, Matrix], cheapest: float
) -> None:
    costs, qualities = front
    found = mean_volume(staircase(*front, Q_REF, C_REF), Q_REF, cheapest)
    clipped = np.maximum(costs, cheapest)
    expected = hypervolume(clipped, qualities.reshape(-1)) if len(costs) else 0.0
    assert found == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40)
@given(fronts, st.floats(2.0, 6.5), st.floats(0.5, 0.9), st.floats(0.001, 0.1))
def test_it_is_the_mean_gain_in_hypervolume(
    front: tuple[Matrix, Matrix], cost: float, mean: float, sigma: float
) -> None:
    """Quality at the mid-points of 400 equally likely intervals, gains from moocore."""
    levels = mean + sigma * ndtri((np.arange(400) + 0.5) / 400)
    costs, qualities = front[0], front[1].reshape(-1)
    before = hypervolume(costs, qualities) if len(costs) else 0.0
    gains = [
        hypervolume(np.append(costs, cost), np.append(qualities, float(quality))) - before
        for quality in levels
    ]
    spread = sigma * (C_REF - 2.0)
    assert ehvi(cost, mean, sigma, front) == pytest.approx(np.mean(gains), abs=0.003 * spread)


@pytest.mark.parametrize("cost", [2.5, 3.1, 3.7, 4.2, 5.5])
@pytest.mark.parametrize("mean", [0.55, 0.70, 0.80])
def test_it_is_botorchs_where_the_variance_of_cost_vanishes(cost: float, mean: float) -> None:
    sigma = 0.05
    outcomes = torch.tensor(np.column_stack([FRONT[1][0], -FRONT[0]]))
    reference = torch.tensor([Q_REF, -C_REF], dtype=torch.float64)
    partitioning = NondominatedPartitioning(reference, outcomes)
    posterior = MockPosterior(
        mean=torch.tensor([[mean, -cost]], dtype=torch.float64).unsqueeze(0),
        variance=torch.tensor([[sigma**2, 1e-18]], dtype=torch.float64).unsqueeze(0),
    )
    function = ExpectedHypervolumeImprovement(
        MockModel(posterior), reference.tolist(), partitioning
    )
    expected = float(function(torch.zeros(1, 1, 1, dtype=torch.float64)))
    assert ehvi(cost, mean, sigma) == pytest.approx(expected, abs=1e-9)


@pytest.mark.filterwarnings(LEGACY)
def test_it_is_qnehvi_with_many_samples() -> None:
    """Noisy front, correlated draws, cost as a deterministic second objective."""
    rng = np.random.default_rng(4)
    x, candidates = rng.random((6, 2)), rng.random((5, 2))
    y = 0.62 + 0.1 * x[:, 0] + 0.02 * rng.standard_normal(6)
    member = Prior(np.array([0.6, 0.9]), scale=0.004, noise=0.0004, mean=0.66)
    posterior = EnsemblePosterior([member], x, y, np.ones(6), 20_000, 0)
    ours = acquisition_values(posterior, candidates, axis(candidates), axis(x), Q_REF, C_REF)
    theirs = noisy_ehvi(member, x, y, candidates)
    np.testing.assert_allclose(np.exp(ours), theirs, rtol=0.05)


@pytest.mark.filterwarnings(LEGACY)
def test_a_pending_point_is_qnehvis_pending_point() -> None:
    rng = np.random.default_rng(4)
    x, candidates = rng.random((6, 2)), rng.random((5, 2))
    pending = candidates[:1] + 0.05
    y = 0.62 + 0.1 * x[:, 0] + 0.02 * rng.standard_normal(6)
    member = Prior(np.array([0.6, 0.9]), scale=0.004, noise=0.0004, mean=0.66)
    points = np.concatenate([x, pending])
    posterior = EnsemblePosterior([member], points, y, np.ones(6), 20_000, 0)
    ours = acquisition_values(posterior, candidates, axis(candidates), axis(points), Q_REF, C_REF)
    theirs = noisy_ehvi(member, x, y, candidates, pending)
    np.testing.assert_allclose(np.exp(ours), theirs, rtol=0.05)
    alone = EnsemblePosterior([member], x, y, np.ones(6), 20_000, 0)
    free = acquisition_values(alone, candidates, axis(candidates), axis(x), Q_REF, C_REF)
    assert free[0] - ours[0] > 1.0


def axis(x: Matrix) -> Matrix:
    """A cost that is a known function of the features."""
    costs: Matrix = 2.0 + 2.5 * x[:, 1]
    return costs


class QualityAndCost(MCMultiOutputObjective):
    """Drawn quality and exact cost, both to maximise."""

    def forward(self, samples: torch.Tensor, X: torch.Tensor | None = None) -> torch.Tensor:
        assert X is not None
        cost = 2.0 + 2.5 * X[..., 1:]
        return torch.cat([samples, -cost.expand(samples.shape)], dim=-1)


def noisy_ehvi(
    member: Prior,
    x: Matrix,
    y: Matrix,
    candidates: Matrix,
    pending: Matrix | None = None,
) -> Matrix:
    """BoTorch's qNEHVI of each candidate, with the same hyper-parameters."""
    inputs = torch.tensor(x)
    quality = SingleTaskGP(
        inputs,
        torch.tensor(y)[:, None],
        torch.full((len(y), 1), member.noise, dtype=torch.float64),
        covar_module=make_kernel(member),
        outcome_transform=None,
    )
    quality.mean_module.constant.data.fill_(member.mean)
    function = qNoisyExpectedHypervolumeImprovement(
        quality,
        [Q_REF, -C_REF],
        inputs,
        sampler=SobolQMCNormalSampler(torch.Size([4_096]), seed=1),
        objective=QualityAndCost(),
        X_pending=None if pending is None else torch.tensor(pending),
        prune_baseline=False,
        cache_root=False,
    )
    with torch.no_grad():
        values: Matrix = function(torch.tensor(candidates)[:, None, :]).numpy()
    return values


def make_kernel(member: Prior) -> ScaleKernel:
    """BoTorch's form of the member's kernel."""
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=len(member.lengthscales))).double()
    kernel.outputscale = member.scale
    kernel.base_kernel.lengthscale = torch.tensor(member.lengthscales)
    return kernel


@pytest.mark.parametrize("u", [-1e8, -3e4, -40.0, -5.0, -1.0, 0.0, 3.0, 40.0])
def test_log_improvement_is_botorchs(u: float) -> None:
    expected = float(_log_ei_helper(torch.tensor([u], dtype=torch.float64)))
    assert log_improvement(np.array([u]))[0] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_no_front_yet_is_measured_from_the_reference() -> None:
    empty = (np.empty(0), np.empty((1, 0)))
    assert ehvi(2.0, 0.7, 1e-9, empty) == pytest.approx((C_REF - 2.0) * 0.1)


@pytest.mark.parametrize("cost", [C_REF, C_REF + 1.0])
def test_beyond_the_reference_cost_nothing_is_gained(cost: float) -> None:
    assert ehvi(cost, 0.9, 0.1) == 0.0


def test_without_variance_it_is_the_gain_itself() -> None:
    assert ehvi(3.5, 0.70, 0.0) == pytest.approx(0.5 * 0.05)
    assert ehvi(3.5, 0.60, 0.0) == 0.0


def test_a_hopeless_candidate_still_has_a_rank() -> None:
    """Far below the front, EHVI itself underflows; its logarithm does not."""
    steps = staircase(*FRONT, Q_REF, C_REF)
    mean, variance = np.array([[0.1, 0.2]]), np.full((1, 2), 1e-6)
    worse, better = log_ehvi(np.array([4.0, 4.0]), mean, variance, steps)[0]
    assert math.exp(better) == 0.0
    assert -math.inf < worse < better


def test_what_can_not_be_on_the_front_does_not_shape_it() -> None:
    costs, qualities = FRONT
    failed = np.append(costs, math.inf), np.hstack([qualities, [[0.99]]])
    assert ehvi(3.5, 0.8, 0.02, failed) == ehvi(3.5, 0.8, 0.02)


def test_a_copy_of_a_lucky_point_gains_nothing() -> None:
    """Its quality is the draw's: conditioning on the draw keeps the correlation."""
    member = Prior(np.array([0.5]), scale=0.01, noise=0.01, mean=0.6)
    x = np.array([[0.2], [0.8]])
    posterior = EnsemblePosterior([member], x, np.array([0.9, 0.6]), np.ones(2), 64, 0)
    costs = np.array([3.0, 3.0])
    copy, fresh = acquisition_values(
        posterior, np.array([[0.2], [0.5]]), np.full(2, 3.0), costs, Q_REF, C_REF
    )
    assert fresh - copy > 3.0


def test_scoring_in_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    member = Prior(np.array([0.6, 0.9]), scale=0.004, noise=0.0004, mean=0.66)
    x, candidates = rng.random((6, 2)), rng.random((50, 2))
    posterior = EnsemblePosterior([member], x, np.full(6, 0.7), np.ones(6), 8, 0)
    whole = acquisition_values(posterior, candidates, axis(candidates), axis(x), Q_REF, C_REF)
    monkeypatch.setattr(acquisition, "_CELLS", 200)
    parts = acquisition_values(posterior, candidates, axis(candidates), axis(x), Q_REF, C_REF)
    np.testing.assert_allclose(parts, whole, rtol=1e-9)
    assert acquisition_values(
        posterior, candidates[:0], axis(x)[:0], axis(x), Q_REF, C_REF
    ).shape == (0,)
