"""The fit in closed form against finite differences, and against BoTorch's model of the same."""

import warnings

import numpy as np
import pytest
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models.map_saas import EnsembleMapSaasSingleTaskGP
from gpytorch.mlls import ExactMarginalLogLikelihood
from scipy.optimize import check_grad

from peftsearch.search.surrogates.gaussian import EnsemblePosterior, Matrix, Prior
from peftsearch.search.surrogates.map_saas import (
    HyperParameters,
    LogLikelihood,
    fit_members,
    log_prior,
)
from peftsearch.search.surrogates.surrogate import shrinkages

DIMENSIONS = 6


def make_data(n: int = 40) -> tuple[Matrix, Matrix]:
    """Standardised observations, of which two columns matter, one point twice."""
    rng = np.random.default_rng(0)
    x = rng.random((n, DIMENSIONS))
    x[1] = x[0]
    y = np.tanh(3 * x[:, 0] - 1) + 0.5 * x[:, 1] ** 2 + 0.1 * rng.standard_normal(n)
    return x, (y - y.mean()) / y.std()


def make_model(x: Matrix, y: Matrix) -> EnsembleMapSaasSingleTaskGP:
    taus = torch.tensor(shrinkages(), dtype=torch.float64)
    inputs, outputs = torch.from_numpy(x), torch.from_numpy(y[:, None])
    return EnsembleMapSaasSingleTaskGP(
        inputs, outputs, num_taus=len(taus), taus=taus, outcome_transform=None
    )


def draw_theta(seed: int) -> Matrix:
    rng = np.random.default_rng(seed)
    lengthscales = rng.normal(0.0, 1.0, DIMENSIONS)
    return np.array([*lengthscales, rng.normal(1.0), rng.uniform(-6.0, -1.0), rng.normal()])


def log_posterior(theta: Matrix, x: Matrix, y: Matrix, tau: float) -> tuple[float, Matrix]:
    parts = LogLikelihood(x, y)(theta), log_prior(theta, tau)
    return parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]


@pytest.mark.parametrize("seed", range(3))
def test_the_log_posterior_is_botorchs(seed: int) -> None:
    (x, y), theta = make_data(), draw_theta(seed)
    member, model = HyperParameters.read(theta), make_model(x, y)
    kernel = model.covar_module
    kernel.base_kernel.lengthscale = torch.tensor(member.lengthscales).expand(4, 1, -1)
    kernel.outputscale = torch.tensor([member.scale] * 4)
    model.likelihood.noise = torch.tensor([[member.noise]] * 4)
    model.mean_module.constant = torch.tensor([member.mean] * 4)
    model.train()
    mll = ExactMarginalLogLikelihood(model.likelihood, model)
    expected = len(y) * mll(model(*model.train_inputs), model.train_targets).detach().numpy()
    found = [log_posterior(theta, x, y, tau)[0] for tau in shrinkages()]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_finite_differences(seed: int) -> None:
    (x, y), theta = make_data(), draw_theta(seed)
    args = x, y, 0.2
    error = check_grad(
        lambda at: log_posterior(at, *args)[0],
        lambda at: log_posterior(at, *args)[1],
        theta,
        epsilon=1e-6,
    )
    assert error < 1e-4 * np.linalg.norm(log_posterior(theta, *args)[1])


def test_the_fit_is_as_likely_as_botorchs_and_predicts_the_same() -> None:
    x, y = make_data(80)
    at = np.random.default_rng(1).random((50, DIMENSIONS))
    own = fit_members(x, y, shrinkages())
    other = fit_botorch(x, y)
    for mine, theirs, tau in zip(own, other, shrinkages(), strict=True):
        values = [log_posterior(write(m), x, y, tau)[0] for m in (mine, theirs)]
        assert values[0] == pytest.approx(values[1], abs=0.05)
        assert mine.noise == pytest.approx(theirs.noise, rel=0.05)
        assert mine.lengthscales[:2] == pytest.approx(theirs.lengthscales[:2], rel=0.1)
    left, right = (predict(members, x, y, at) for members in (own, other))
    np.testing.assert_allclose(left, right, atol=0.01)


def fit_botorch(x: Matrix, y: Matrix) -> list[HyperParameters]:
    model = make_model(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    kernel = model.covar_module
    parts = kernel.base_kernel.lengthscale, kernel.outputscale, model.likelihood.noise
    lengthscales, scales, noises = (part.detach().numpy().reshape(4, -1) for part in parts)
    means = model.mean_module.constant.tolist()
    numbers = zip(lengthscales, scales[:, 0], noises[:, 0], means, strict=True)
    return [HyperParameters(row, float(s), float(v), m) for row, s, v, m in numbers]


def write(member: HyperParameters) -> Matrix:
    logarithms = np.log([*member.lengthscales, member.scale, member.noise])
    theta: Matrix = np.append(logarithms, member.mean)
    return theta


def predict(members: list[HyperParameters], x: Matrix, y: Matrix, at: Matrix) -> Matrix:
    """Mean given the observations."""
    priors = [Prior(*member) for member in members]
    mean: Matrix = EnsemblePosterior(priors, x, y, np.ones(len(y)), 16, 0).predict(at)[0].mean(0)
    return mean


@pytest.mark.parametrize("floor", [0.05, 2.0])
def test_the_noise_has_a_floor(floor: float) -> None:
    """Also one beyond the variance of all that was seen."""
    x, y = make_data()
    free, held = (fit_members(x, y, shrinkages(), least) for least in (0.0, floor))
    assert max(member.noise for member in free) < 0.05
    assert min(member.noise for member in held) >= floor * (1 - 1e-9)
