"""Surrogates of quality behind one small interface; BoTorch fits, `search.gaussian` predicts.

BoTorch's own `posterior` on thousands of candidates costs tens of seconds, so that only the
hyper-parameters are taken from it.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.map_saas import EnsembleMapSaasSingleTaskGP
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from gpytorch.mlls import ExactMarginalLogLikelihood
from numpy.typing import NDArray

from .gaussian import EnsemblePosterior, Prior

Matrix = NDArray[np.float64]

FIT_POINTS = 256
"""Hyper-parameters are fitted on at most so many rows; the posterior conditions on all."""
ITERATIONS = 50
"""Of L-BFGS-B: further ones move the hyper-parameters within their uncertainty."""
MEMBERS = 4


class Posterior(Protocol):
    """`s` equally likely states of knowledge about f; each is a draw at the known points."""

    @property
    def draws(self) -> Matrix:
        """Drawn f at the `n` observed and pending points, `s x n`."""

    def predict(self, x: Matrix) -> tuple[Matrix, Matrix]:
        """Mean and variance of f at `k x d` points given each draw, both `s x k`."""


class Fitted(Protocol):
    """A surrogate whose hyper-parameters are known."""

    def posterior(
        self, x: Matrix, means: Matrix, counts: Matrix, draws: int, seed: int
    ) -> Posterior:
        """Condition on the mean observations of the first points of `n x d`; the rest pend.

        Args:
            x: `n x d` distinct points.
            means: Mean of the observations at each observed point.
            counts: Number of observations behind each mean.
            draws: Number of draws for each member of an ensemble.
            seed: Same seed, same draws.
        """


class Surrogate(Protocol):
    """Learns quality from observations."""

    def fit(self, x: Matrix, y: Matrix, seed: int) -> Fitted:
        """Fit to `n` observations of quality at `n x d`; repeats of one point are rows."""


@dataclass(frozen=True)
class GaussianFit:
    """Members of an ensemble of Gaussian processes, on the scale of the observations."""

    members: tuple[Prior, ...]

    def posterior(
        self, x: Matrix, means: Matrix, counts: Matrix, draws: int, seed: int
    ) -> EnsemblePosterior:
        """See `Fitted.posterior`."""
        return EnsemblePosterior(self.members, x, means, counts, draws, seed)


class EnsembleMapSaas:
    """Matern-5/2 with a sparse axis-aligned prior, MAP for each of several global shrinkages.

    Eriksson and Jankowiak, arXiv 2103.00349, in the ensemble form of BoTorch's
    `EnsembleMapSaasSingleTaskGP`. The shrinkages are quantiles of the half-Cauchy prior rather
    than draws from it, so that four members cover it and no random numbers are used.
    """

    def fit(self, x: Matrix, y: Matrix, seed: int) -> GaussianFit:
        """See `Surrogate.fit`."""
        inputs, outputs, shift, spread = _prepare(x, y)
        levels = (torch.arange(MEMBERS, dtype=torch.float64) + 0.5) / MEMBERS
        taus = 0.1 * torch.tan(0.5 * torch.pi * levels)
        model = EnsembleMapSaasSingleTaskGP(
            inputs, outputs, num_taus=MEMBERS, taus=taus, outcome_transform=None
        )
        _fit(model, seed)
        kernel = model.covar_module
        return _read(
            model, kernel.base_kernel.lengthscale, kernel.outputscale, False, shift, spread
        )


class DimensionScaled:
    """Squared-exponential with a prior on lengthscales that grows with the dimension.

    Hvarfner et al., arXiv 2402.02229: BoTorch's default `SingleTaskGP`.
    """

    def fit(self, x: Matrix, y: Matrix, seed: int) -> GaussianFit:
        """See `Surrogate.fit`."""
        inputs, outputs, shift, spread = _prepare(x, y)
        kernel = get_covar_module_with_dim_scaled_prior(inputs.shape[-1])
        model = SingleTaskGP(inputs, outputs, covar_module=kernel, outcome_transform=None)
        _fit(model, seed)
        return _read(model, kernel.lengthscale, torch.ones(1), True, shift, spread)


def _prepare(x: Matrix, y: Matrix) -> tuple[torch.Tensor, torch.Tensor, float, float]:
    """Tensors of at most `FIT_POINTS` rows, spread evenly over time, with standardised y."""
    rows = np.unique(np.linspace(0, len(y) - 1, min(len(y), FIT_POINTS)).round().astype(int))
    shift, spread = float(y.mean()), float(y.std())
    spread = spread if spread > 1e-9 else 1.0
    outputs = torch.from_numpy((y[rows, None] - shift) / spread)
    return torch.from_numpy(x[rows]), outputs, shift, spread


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


def _read(
    model: SingleTaskGP,
    lengthscales: torch.Tensor,
    scales: torch.Tensor,
    smooth: bool,
    shift: float,
    spread: float,
) -> GaussianFit:
    """Members of a fitted model, rescaled to the observations."""
    rows = lengthscales.detach().reshape(-1, lengthscales.shape[-1]).double().numpy()
    numbers = zip(
        rows,
        scales.detach().reshape(-1).tolist(),
        model.likelihood.noise.detach().reshape(-1).tolist(),
        model.mean_module.constant.detach().reshape(-1).tolist(),
        strict=True,
    )
    return GaussianFit(
        tuple(
            Prior(row, scale * spread**2, noise * spread**2, shift + mean * spread, smooth)
            for row, scale, noise, mean in numbers
        )
    )
