"""A line and a surface over features that matter alike: the fit, and what it foresees."""

import gpytorch
import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime

from peftsearch.search.surrogates.gaussian import MIDDLE, Matrix, Prior, expect_at
from peftsearch.search.surrogates.linear_matern import (
    LEVEL,
    TREND_UNIT,
    LogPosterior,
    Numbers,
    fit_members,
    log_prior,
    width,
)
from peftsearch.search.surrogates.surrogate import TAUS, EnsembleLinearMatern, EnsembleMapSaas


def make_data(n: int, d: int, seed: int = 0) -> tuple[Matrix, Matrix]:
    """Each of `d` features matters a little, and noise."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, d))
    y = x @ rng.standard_normal(d) + np.sin(4 * x[:, 0])
    return x, (y - y.mean()) / y.std() + 0.3 * rng.standard_normal(n)


def make_posterior(x: Matrix, y: Matrix) -> LogPosterior:
    """The last feature is what is expected."""
    apart = x - MIDDLE
    return LogPosterior(apart[:, :-1] / width(x.shape[1] - 1), apart[:, -1] / TREND_UNIT, y)


def mean_at(members: tuple[Prior, ...], x: Matrix, y: Matrix, at: Matrix) -> Matrix:
    noises = [np.full(len(y), member.noise) for member in members]
    return expect_at(members, x, y, noises, at)[0]


def test_the_gradient_is_that_of_the_loss() -> None:
    x, y = make_data(20, 5)
    posterior = make_posterior(x, y)
    rng = np.random.default_rng(1)
    for tau in (0.5, 2.0):
        theta = np.append(0.4 * rng.standard_normal(4), np.log([0.3, 0.7, 0.8, 0.4, 0.2]))
        numeric = approx_fprime(theta, lambda at, tau=tau: posterior.loss(at, tau)[0], 1e-7)
        np.testing.assert_allclose(posterior.loss(theta, tau)[1], numeric, atol=1e-6)


def test_the_loss_is_gpytorchs_likelihood_and_the_priors() -> None:
    x, y = make_data(20, 5)
    numbers = Numbers(np.array([0.5, 1.0, 1.5, 2.0]), 0.3, 0.7, 0.8, 0.4, 0.2)
    u = torch.tensor((x[:, :-1] - MIDDLE) / width(4) * numbers.relevances)
    expected = torch.tensor((x[:, -1] - MIDDLE) / TREND_UNIT)
    line, surface = gpytorch.kernels.LinearKernel().double(), gpytorch.kernels.MaternKernel()
    line.variance, surface = numbers.line, surface.double()
    surface.lengthscale = numbers.lengthscale
    covariance = LEVEL + line(u).to_dense() + numbers.surface * surface(u).to_dense()
    covariance += numbers.noise * torch.eye(20) + numbers.trend * torch.outer(expected, expected)
    told = torch.distributions.MultivariateNormal(torch.zeros(20).double(), covariance)
    likelihood = told.log_prob(torch.tensor(y)).item()  # type: ignore[no-untyped-call]
    likelihood += 10 * np.log(2 * np.pi)
    theta = np.log([*numbers.relevances, *numbers[1:]])
    loss = make_posterior(x, y).loss(theta, 0.5)[0]
    assert -20 * loss == pytest.approx(likelihood + log_prior(theta, 0.5)[0], abs=1e-5)


def test_the_prior_of_a_member_is_what_was_fitted() -> None:
    """On the features' and the observations' own scales."""
    x, y = make_data(30, 6)
    (found,) = fit_members(x, (y - y.mean()) / y.std(), TAUS[:1])
    member = EnsembleLinearMatern().fit(x, 7 + 0.02 * y, 0).members[0]
    u = (x[:, :-1] - MIDDLE) / width(5) * found.relevances
    trend = found.trend * np.outer(*[(x[:, -1] - MIDDLE) / TREND_UNIT] * 2)
    root = np.sqrt(5) * np.linalg.norm(u[:, None] - u, axis=2) / found.lengthscale
    bump = found.surface * (1 + root + root**2 / 3) * np.exp(-root)
    expected = (LEVEL + trend + found.line * u @ u.T + bump) * (0.02 * y.std()) ** 2
    np.testing.assert_allclose(member.covariance(x, x), expected, rtol=1e-6)
    np.testing.assert_allclose(member.variance(x), expected.diagonal(), rtol=1e-6)


def test_what_is_expected_is_believed_as_far_as_it_holds() -> None:
    """Of few trainings in many features: where it holds, the wrong way round too, more is
    foreseen; where it has nothing to do with quality, less, but not much less."""
    missed = []
    for seed in range(4):
        x, y = make_data(120, 25, seed)
        drawn = np.random.default_rng(seed).standard_normal(len(y))
        row = []
        for expected in (np.zeros(len(y)), (y.mean() - y) / y.std(), drawn):
            seen = np.column_stack([x[:, :-1], MIDDLE + TREND_UNIT * expected])
            members = EnsembleLinearMatern().fit(seen[:12], y[:12], 0, 0.05).members
            row.append(np.mean((mean_at(members, seen[:12], y[:12], seen[12:]) - y[12:]) ** 2))
        missed.append(row)
    none, held, random = np.mean(missed, axis=0)
    assert held < 0.5 * none
    assert random < 2 * none


def test_later_members_let_features_differ_more() -> None:
    x, y = make_data(60, 8)
    spreads = [np.log(x.relevances).std() for x in fit_members(x, y, TAUS)]
    assert spreads == sorted(spreads) and spreads[0] > 0


def test_where_all_features_matter_more_is_told_than_by_lengthscales_of_their_own() -> None:
    gains = []
    for seed in range(6):
        x, y = make_data(130, 25, seed)
        surrogates = (EnsembleLinearMatern(), EnsembleMapSaas())
        fits = [surrogate.fit(x[:30], y[:30], 0, 0.05).members for surrogate in surrogates]
        ours, sparse = (mean_at(members, x[:30], y[:30], x[30:]) for members in fits)
        gains.append(np.mean((sparse - y[30:]) ** 2) - np.mean((ours - y[30:]) ** 2))
    assert np.mean(gains) > 0.1
