"""Maximum a posteriori of the hyper-parameters under the sparse axis-aligned prior (SAAS).

The kernel is Matern-5/2 with a lengthscale for each column (Eriksson and Jankowiak, arXiv
2103.00349). Priors, bounds and start are those of BoTorch's `EnsembleMapSaasSingleTaskGP`; the
gradient is in closed form. Observations are standardised.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize
from scipy.special import gammaln

Matrix = NDArray[np.float64]

ITERATIONS, FURTHER = 50, 20
"""Of L-BFGS-B, for the first member and for each other: more of them move the hyper-parameters
within their uncertainty."""
_LENGTHSCALES, _SCALES, _NOISES, _MEANS = (0.01, 1e4), (1e-2, 1e4), (1e-4, 1.0), (-10.0, 10.0)
_START = (1.0, 10.0, 1e-2, 0.0)
"""Lengthscales, scale, noise and mean."""
_SHAPE, _RATE = 0.9, 10.0
"""Of the Gamma prior on the noise's variance."""


class HyperParameters(NamedTuple):
    """Of one member: `d` lengthscales, variances of signal and noise, and the constant mean."""

    lengthscales: Matrix
    scale: float
    noise: float
    mean: float

    @classmethod
    def read(cls, theta: Matrix) -> "HyperParameters":
        """From the `d + 3` numbers that are fitted: all are logarithms but the mean."""
        scale, noise = np.exp(theta[-3:-1]).tolist()
        return cls(np.exp(theta[:-3]), scale, noise, float(theta[-1]))


def fit_members(
    x: Matrix, y: Matrix, taus: Sequence[float], least_noise: float = 0.0
) -> list[HyperParameters]:
    """The most likely hyper-parameters for each shrinkage.

    Each fit begins where the one before ended: with less than half of the steps they are as likely
    as from a common start.

    Args:
        x: `n x d` points.
        y: `n` observations.
        taus: Global shrinkages: the larger, the more columns matter.
        least_noise: Smallest variance that the noise may have.
    """
    likelihood, lowest = LogLikelihood(x, y), max(_NOISES[0], least_noise)
    lengthscale, scale, noise, mean = _START
    logarithms = [*[lengthscale] * x.shape[1], scale, max(noise, lowest)]
    theta: Matrix = np.append(np.log(logarithms), mean)
    found: list[HyperParameters] = []
    ranges = [_LENGTHSCALES] * x.shape[1] + [_SCALES, (lowest, max(_NOISES[1], lowest))]
    bounds = [*np.log(ranges), _MEANS]
    for tau in taus:
        steps = FURTHER if found else ITERATIONS
        theta = _maximise(likelihood, tau, theta, bounds, steps)
        found.append(HyperParameters.read(theta))
    return found


def _maximise(
    likelihood: "LogLikelihood", tau: float, start: Matrix, bounds: list[Any], steps: int
) -> Matrix:
    def loss(theta: Matrix) -> tuple[float, Matrix]:
        value, slope = likelihood(theta)
        prior, bend = log_prior(theta, tau)
        return -(value + prior) / likelihood.rows, -(slope + bend) / likelihood.rows

    options = {"maxiter": steps}
    found: Matrix = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
    ).x
    return found


class LogLikelihood:
    """Log of the marginal likelihood of `n` observations at `n x d` points, and its gradient.

    It keeps its matrices: at a few hundred rows, memory that is new at each step costs most of it.
    """

    def __init__(self, x: Matrix, y: Matrix) -> None:
        self._x, self._y, self.rows = x, y, len(y)
        buffers = [np.empty((len(y), len(y))) for _ in range(4)]
        self._root, self._decay, self._signal, self._work = buffers

    def __call__(self, theta: Matrix) -> tuple[float, Matrix]:
        """The gradient is half the trace of (a a' - K^-1) dK, with a = K^-1 (y - mean).

        Args:
            theta: `d + 3` numbers: logarithms of lengthscales, scale and noise; the mean.
        """
        lengthscales, scale, noise, mean = HyperParameters.read(theta)
        z, rest, n = self._x / lengthscales, self._y - mean, self.rows
        self._correlate(z)
        factor = self._factorise(scale, noise)
        weights, _ = lapack.dpotrs(factor, rest)
        value = -0.5 * (rest @ weights + n * np.log(2.0 * np.pi))
        value -= np.log(factor.diagonal()).sum()
        inverse, _ = lapack.dpotri(factor, overwrite_c=1)
        trace, length = np.trace(inverse), weights @ weights
        others = [
            0.5 * (rest @ weights - noise * length - n + noise * trace),
            0.5 * noise * (length - trace),
            weights.sum(),
        ]
        return float(value), np.append(self._sharpen(z, weights, inverse, scale), others)

    def _correlate(self, z: Matrix) -> None:
        """Distance times the root of 5, its negative's exponential, and the correlation."""
        root, decay, signal = self._root, self._decay, self._signal
        norms = (z**2).sum(1)
        np.matmul(z, z.T, out=root)
        root *= -2.0
        root += norms[:, None]
        root += norms[None, :]
        np.maximum(root, 0.0, out=root)
        root *= 5.0
        np.multiply(root, 1.0 / 3.0, out=signal)
        np.sqrt(root, out=root)
        np.exp(np.negative(root, out=decay), out=decay)
        root += 1.0
        signal += root
        signal *= decay

    def _factorise(self, scale: float, noise: float) -> Matrix:
        """Upper Cholesky factor of the covariance, in columns."""
        np.multiply(self._signal, scale, out=self._work)
        self._work.ravel()[:: len(self._work) + 1] = scale + noise
        factor: Matrix = lapack.dpotrf(self._work.T, overwrite_a=1)[0]
        return factor

    def _sharpen(self, z: Matrix, weights: Matrix, inverse: Matrix, scale: float) -> Matrix:
        """For each logarithm of a lengthscale, which moves the signal by
        5/3 scale (1 + root) decay times the squared difference in it."""
        half = inverse.T  # one triangle: the other is its mirror, and so is what follows from it
        half.ravel()[:: len(half) + 1] *= 0.5
        across = np.multiply.outer(weights, weights, out=self._signal)
        across *= 0.5
        across -= half
        across *= self._root
        across *= self._decay
        pulled = (across.sum(0) + across.sum(1)) @ z**2 - 2.0 * (z * (across @ z)).sum(0)
        sharper: Matrix = 5.0 / 3.0 * scale * pulled
        return sharper


def log_prior(theta: Matrix, tau: float) -> tuple[float, Matrix]:
    """tau / lengthscale^2 is half-Cauchy, the noise Gamma, the mean normal, the scale flat.

    Returns:
        Logarithm of the density, and its gradient.
    """
    noise, mean = np.exp(theta[-2]), theta[-1]
    shares = (tau * np.exp(-2.0 * theta[:-3])) ** 2
    sparse = np.log(2.0 / np.pi) - np.log1p(shares)
    small = _SHAPE * np.log(_RATE) - gammaln(_SHAPE) + (_SHAPE - 1) * theta[-2] - _RATE * noise
    value = sparse.sum() + small - 0.5 * (mean**2 + np.log(2.0 * np.pi))
    bend = 0.0, _SHAPE - 1 - _RATE * noise, -mean
    return float(value), np.append(4.0 * shares / (1.0 + shares), bend)
