"""Closed-form Gaussian processes against GPyTorch and against the definition."""

from dataclasses import replace

import gpytorch
import numpy as np
import pytest
import torch

from peftsearch.search.surrogates.gaussian import EnsemblePosterior, Matrix, Prior, expect_at


def make_member(d: int = 3, smooth: bool = False) -> Prior:
    return Prior(np.linspace(0.4, 1.5, d), scale=0.8, noise=0.05, mean=0.3, smooth=smooth)


def make_data(n: int = 12, d: int = 3) -> tuple[Matrix, Matrix, Matrix]:
    rng = np.random.default_rng(0)
    x = rng.random((n, d))
    return x, np.sin(3 * x[:, 0]) + x[:, 1], rng.integers(1, 4, n).astype(float)


@pytest.mark.parametrize("smooth", [False, True], ids=["matern", "squared-exponential"])
def test_covariance_is_gpytorchs(smooth: bool) -> None:
    member, (x, _, _) = make_member(smooth=smooth), make_data()
    kernel = gpytorch.kernels.RBFKernel if smooth else gpytorch.kernels.MaternKernel
    base = kernel(ard_num_dims=3).double()
    base.lengthscale = torch.tensor(member.lengthscales)
    expected = member.scale * base(torch.tensor(x)).to_dense().detach().numpy()
    np.testing.assert_allclose(member.covariance(x, x), expected, atol=1e-7)


def exact(member: Prior, x: Matrix, y: Matrix, counts: Matrix, at: Matrix) -> tuple[Matrix, ...]:
    """Textbook posterior mean and covariance at `at`."""
    inverse = np.linalg.inv(member.covariance(x, x) + np.diag(member.noise / counts))
    across = member.covariance(at, x)
    mean = member.mean + across @ inverse @ (y - member.mean)
    return mean, member.covariance(at, at) - across @ inverse @ across.T


def test_draws_have_the_posteriors_mean_and_covariance() -> None:
    member, (x, y, counts) = make_member(), make_data()
    pending = np.random.default_rng(1).random((2, 3))
    points = np.concatenate([x, pending])
    draws = EnsemblePosterior([member], points, y, counts, 40_000, 0).draws
    mean, covariance = exact(member, x, y, counts, points)
    assert draws.shape == (40_000, 14)
    np.testing.assert_allclose(draws.mean(0), mean, atol=0.01)
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.01)


def test_prediction_over_draws_is_the_posterior() -> None:
    """The law of total variance: averaging over draws must give back the unconditional answer."""
    member, (x, y, counts) = make_member(), make_data()
    at = np.random.default_rng(2).random((5, 3))
    mean, variance = EnsemblePosterior([member], x, y, counts, 40_000, 0).predict(at)
    expected, covariance = exact(member, x, y, counts, at)
    np.testing.assert_allclose(mean.mean(0), expected, atol=0.01)
    total = mean.var(0) + variance.mean(0)
    np.testing.assert_allclose(total, np.diag(covariance), atol=0.01)


def test_repeats_equal_their_mean_at_less_noise() -> None:
    """Three observations of one point are one with a third of the noise."""
    member, x = make_member(), np.random.default_rng(3).random((4, 3))
    rows = np.array([0, 0, 0, 1, 2, 3])
    y = np.array([0.1, 0.4, 0.7, 0.9, 0.2, 0.5])
    means = np.array([0.4, 0.9, 0.2, 0.5])
    counts = np.array([3.0, 1.0, 1.0, 1.0])
    apart = exact(member, x[rows], y, np.ones(6), x)
    joined = exact(member, x, means, counts, x)
    for left, right in zip(apart, joined, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-10)


def test_the_draw_is_certain_where_it_was_made() -> None:
    member, (x, y, counts) = make_member(), make_data()
    posterior = EnsemblePosterior([member], x, y, counts, 3, 0)
    mean, variance = posterior.predict(x)
    np.testing.assert_allclose(mean, posterior.draws, atol=1e-3)
    assert (variance < 1e-4).all()


def test_a_pending_point_leaves_earlier_draws() -> None:
    member, (x, y, counts) = make_member(), make_data()
    more = np.concatenate([x, np.full((1, 3), 0.5)])
    before = EnsemblePosterior([member, member], x, y, counts, 4, 7).draws
    after = EnsemblePosterior([member, member], more, y, counts, 4, 7).draws
    np.testing.assert_allclose(after[:, :-1], before)


def test_members_follow_one_another() -> None:
    one, x = make_member(), make_data()[0]
    other = Prior(one.lengthscales, one.scale, one.noise, mean=50.0)
    draws = EnsemblePosterior([one, other], x, np.empty(0), np.empty(0), 5, 0).draws
    assert draws.shape == (10, 12)
    assert (draws[:5] < 10).all()
    assert (draws[5:] > 40).all()


def test_points_with_equal_features_do_not_break_it() -> None:
    member, (x, y, counts) = make_member(), make_data()
    doubled = np.concatenate([x, x])
    posterior = EnsemblePosterior([member], doubled, np.tile(y, 2), np.tile(counts, 2), 4, 0)
    mean, variance = posterior.predict(x)
    assert np.isfinite(mean).all()
    assert (variance > 0).all()


@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_draws_and_predictions_follow_the_unit_of_quality(factor: float) -> None:
    """In another unit all is the same but for that unit, the nugget too."""
    (x, y, counts), member = make_data(), make_member()
    points = np.concatenate([x, x[:1]])  # one twice: without a nugget there is no root
    other = Prior(
        member.lengthscales,
        member.scale * factor**2,
        member.noise * factor**2,
        member.mean * factor,
    )
    usual = EnsemblePosterior([member], points, y, counts, 4, 0)
    scaled = EnsemblePosterior([other], points, y * factor, counts, 4, 0)
    np.testing.assert_allclose(scaled.draws / factor, usual.draws, rtol=1e-6, atol=1e-9)
    at = np.random.default_rng(2).random((5, 3))
    for found, expected, unit in zip(scaled.predict(at), usual.predict(at), (1, 2), strict=True):
        np.testing.assert_allclose(found / factor**unit, expected, rtol=1e-5, atol=1e-9)


def test_expectations_are_those_of_the_draws() -> None:
    """At observed points: mean and variance of 20,000 draws of two members."""
    x, y, counts = make_data()
    members = [make_member(), replace(make_member(), mean=0.0, scale=1.6)]
    draws = EnsemblePosterior(members, x, y, counts, draws=10_000, seed=0).draws
    mean, variance = expect_at(members, x, y, [m.noise / counts for m in members])
    np.testing.assert_allclose(mean, draws.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(variance, draws.var(axis=0), rtol=0.06)


def test_expectations_at_other_points_are_the_definitions() -> None:
    x, y, counts = make_data()
    member, noise = make_member(), make_member().noise / counts
    at = np.random.default_rng(1).random((4, 3))
    covariance = member.covariance(x, x) + np.diag(noise + 0.02)
    inverse, across = np.linalg.inv(covariance), member.covariance(x, at)
    mean, variance = expect_at([member], x, y, [noise], at, misfit=0.02)
    np.testing.assert_allclose(mean, 0.3 + across.T @ inverse @ (y - 0.3), rtol=1e-4)
    expected = member.scale + 0.02 - (across * (inverse @ across)).sum(axis=0)
    np.testing.assert_allclose(variance, expected, rtol=1e-4)


def test_a_misfit_leaves_more_to_each_points_own_observation() -> None:
    x, y, counts = make_data()
    noise = [make_member().noise / counts]
    smooth, _ = expect_at([make_member()], x, y, noise)
    rough, _ = expect_at([make_member()], x, y, noise, misfit=10.0)
    assert np.abs(rough - y).max() < 0.1 * np.abs(smooth - y).max()
