"""The other surrogate: BoTorch's default model, which what jobs use must not be worse than."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.utils.gpytorch_modules import (
    get_covar_module_with_dim_scaled_prior,
    get_gaussian_likelihood_with_lognormal_prior,
)
from gpytorch.constraints import GreaterThan
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.mlls import ExactMarginalLogLikelihood

from .gaussian import Matrix
from .map_saas import ITERATIONS, HyperParameters
from .surrogate import FIT_POINTS, GaussianFit, Unit, spread_evenly

_LEAST_NOISE = 1e-4


class DimensionScaled:
    """Squared-exponential with a prior on lengthscales that grows with the dimension.

    Hvarfner et al., arXiv 2402.02229: BoTorch's default `SingleTaskGP`.
    """

    def fit(self, x: Matrix, y: Matrix, seed: int, noise_floor: float = 0.0) -> GaussianFit:
        """See `Surrogate.fit`."""
        rows, unit = spread_evenly(len(y), FIT_POINTS), Unit.of(y, noise_floor)
        kernel = get_covar_module_with_dim_scaled_prior(x.shape[1])
        model = SingleTaskGP(
            torch.from_numpy(x[rows]),
            torch.from_numpy(unit.standardise(y[rows, None])),
            likelihood=_likelihood(noise_floor / unit.spread**2),
            covar_module=kernel,
            outcome_transform=None,
        )
        _fit(model, seed)
        lengthscales = kernel.lengthscale.detach().reshape(-1).numpy()
        noise, mean = model.likelihood.noise.item(), model.mean_module.constant.item()
        found = HyperParameters(lengthscales, 1.0, noise, mean)
        return GaussianFit((unit.restore(found, smooth=True),))


def _likelihood(floor: float) -> GaussianLikelihood:
    """BoTorch's own, but for the least noise."""
    likelihood = get_gaussian_likelihood_with_lognormal_prior()
    least = max(_LEAST_NOISE, floor)
    start = max(math.exp(-5.0), least)  # the mode of its prior
    likelihood.noise_covar.register_constraint(
        "raw_noise", GreaterThan(least, transform=None, initial_value=start)
    )
    return likelihood


def _fit(model: SingleTaskGP, seed: int) -> None:
    """MAP fit. BoTorch may retry from a random start, hence the private generator state."""
    mll = ExactMarginalLogLikelihood(model.likelihood, model)
    with torch.random.fork_rng(devices=[]), _one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        fit_gpytorch_mll(mll, optimizer_kwargs={"options": {"maxiter": ITERATIONS}})


@contextmanager
def _one_thread() -> Iterator[None]:
    """As the engine asks of the other libraries; PyTorch keeps its own number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
