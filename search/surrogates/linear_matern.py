"""A straight line and a Matern-5/2 surface over features that matter about alike.

The covariance of quality at two points is

    level + trend a b + line u'v + surface m(|u - v| / lengthscale),

where a and b are their last features, what is expected of them before, and u and v the others,
times a relevance each. How far, and which way, quality follows what was expected is one slope
(docs/decisions/0088-quality-is-expected-from-recorded-trainings.md). Bayesian ridge regression
says which way quality goes, the surface what is beyond that. Relevances are log-normal around 1
with deviation tau: with few trainings all features matter alike, and what is told apart is told by
many. A lengthscale for each feature of its own, however sparse its prior, is more than a few dozen
trainings can tell (docs/decisions/0069-features-matter-alike-until-shown.md).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize

from .gaussian import MIDDLE

Matrix = NDArray[np.float64]

STEPS, FURTHER = 50, 20
"""Of L-BFGS-B, for the first member and for each other."""
_SPREAD = 0.3
"""Usual deviation of a feature; in units of it, and of the root of their number, points are about
1.4 apart."""
LEVEL = 1.0
"""Variance of the constant, in units of the observations' variance."""
_USUAL, _VAGUE = np.log([0.5, 0.5, 1.0, 1.0]), np.array([1.5, 1.5, 1.0, 1.0])
"""Normal priors of the logarithms of line, surface, lengthscale and trend: mean and deviation."""
TREND_UNIT = 0.25
"""Usual deviation of the last feature."""
_SHAPE, _RATE = 0.9, 10.0
"""Of the Gamma prior on the noise's variance: that of BoTorch's fully Bayesian models."""
_RELEVANCES, _VARIANCES, _LENGTHSCALES, _NOISES = (
    (0.05, 20.0),
    (1e-3, 50.0),
    (0.1, 10.0),
    (1e-3, 1),
)
_START = 0.1
"""Variance of the noise."""


class Numbers(NamedTuple):
    """What is fitted, on the scale of `z` and of standardised observations.

    Attributes:
        relevances: Of the features but the last, `d - 1`.
        line: Variance of the line's slope along a feature of relevance 1.
        surface: Variance of the surface.
        lengthscale: Of the surface.
        trend: Variance of the slope along the last feature, in units of `TREND_UNIT`.
        noise: Variance of one observation.
    """

    relevances: Matrix
    line: float
    surface: float
    lengthscale: float
    trend: float
    noise: float

    @classmethod
    def read(cls, theta: Matrix) -> "Numbers":
        """From their `d + 4` logarithms."""
        numbers = np.exp(theta)
        return cls(numbers[:-5], *numbers[-5:].tolist())


def width(d: int) -> float:
    """What one unit of `z` is in each of `d` features."""
    return float(_SPREAD * np.sqrt(d))


def fit_members(
    x: Matrix, y: Matrix, taus: Sequence[float], least_noise: float = 0.0
) -> list[Numbers]:
    """The most likely numbers for each deviation of relevances.

    Each fit begins where the one before ended.

    Args:
        x: `n x d` points, each feature about 0 to 1, the last what is expected.
        y: `n` standardised observations.
        taus: Deviations of the logarithms of relevances.
        least_noise: Smallest variance that the noise may have.
    """
    d, lowest = x.shape[1] - 1, max(_NOISES[0], least_noise)
    apart = x - MIDDLE
    posterior = LogPosterior(apart[:, :-1] / width(d), apart[:, -1] / TREND_UNIT, y)
    ranges = [_RELEVANCES] * d + [_VARIANCES] * 2 + [_LENGTHSCALES, _VARIANCES]
    bounds = np.log([*ranges, (lowest, max(_NOISES[1], lowest))])
    theta: Matrix = np.concatenate([np.zeros(d), _USUAL, [np.log(max(_START, lowest))]])
    found: list[Numbers] = []
    for tau in taus:
        options = {"maxiter": FURTHER if found else STEPS}
        loss, given = posterior.loss, (tau,)
        theta = minimize(
            loss, theta, given, "L-BFGS-B", jac=True, bounds=bounds, options=options
        ).x
        found.append(Numbers.read(theta))
    return found


class LogPosterior:
    """Logarithm of marginal likelihood and priors of `n` observations `y` at `n` points: of each
    its features `z`, and what is expected of it."""

    def __init__(self, z: Matrix, expected: Matrix, y: Matrix) -> None:
        self._z, self._expected, self._y = z, expected, y
        # At a few hundred rows, memory that is new at each step would cost most of it.
        self._kept = [np.empty((len(y), len(y))) for _ in range(6)]

    def loss(self, theta: Matrix, tau: float) -> tuple[float, Matrix]:
        """What is to be small, and its gradient.

        Args:
            theta: `d + 4` logarithms, as `Numbers` names them.
            tau: Deviation of the relevances' logarithms.
        """
        value, slope = self._likelihood(Numbers.read(theta))
        prior, bend = log_prior(theta, tau)
        rows = len(self._y)
        return -(value + prior) / rows, -(slope + bend) / rows

    def _likelihood(self, now: Numbers) -> tuple[float, Matrix]:
        """The gradient is half the trace of (a a' - K^-1) dK, with a = K^-1 y."""
        u = self._z * now.relevances
        products, squares, bump, steep, *spare = self._kept
        np.matmul(u, u.T, out=products)
        self._rise(now)
        covariance = np.multiply(products, now.line, out=spare[0])
        covariance += bump
        covariance += LEVEL
        covariance += np.multiply.outer(now.trend * self._expected, self._expected, out=spare[1])
        covariance.ravel()[:: len(u) + 1] += now.noise
        value, across = _solve(covariance, self._y, spare[1])
        steep *= across
        pulled = now.line * (u * (across @ u)).sum(0) + (u * (steep @ u)).sum(0)
        slopes = [
            now.line * np.vdot(across, products),
            np.vdot(across, bump),
            np.vdot(steep, squares),
            now.trend * (self._expected @ across @ self._expected),
            now.noise * across.trace(),
        ]
        return value, np.append(2.0 * pulled - (steep.sum(0) + steep.sum(1)) @ u**2, slopes)

    def _rise(self, now: Numbers) -> None:
        """From products squared distances, the covariance of the surface, and twice by how much
        it falls with each."""
        products, squares, bump, steep, root, decay = self._kept
        norms, sharpness = products.diagonal(), 5.0 / 3.0 / now.lengthscale**2
        np.multiply(products, -2.0, out=squares)
        squares += norms[:, None]
        squares += norms
        np.maximum(squares, 0.0, out=squares)
        np.sqrt(np.multiply(squares, 3.0 * sharpness, out=root), out=root)
        np.exp(np.negative(root, out=decay), out=decay)
        decay *= now.surface
        root += 1.0
        np.multiply(squares, sharpness, out=bump)
        bump += root
        bump *= decay
        np.multiply(root, decay, out=steep)
        steep *= sharpness


def _solve(covariance: Matrix, y: Matrix, across: Matrix) -> tuple[float, Matrix]:
    """Logarithm of the density of y but for a constant, and half of a a' - K^-1, of which K^-1 is
    one triangle: what it is summed with is symmetric. Both matrices are overwritten."""
    factor, _ = lapack.dpotrf(covariance.T, overwrite_a=1)
    weights, _ = lapack.dpotrs(factor, y)
    value = -0.5 * float(y @ weights) - float(np.log(factor.diagonal()).sum())
    half = lapack.dpotri(factor, overwrite_c=1)[0].T
    half.ravel()[:: len(y) + 1] *= 0.5
    np.multiply.outer(weights, weights, out=across)
    across *= 0.5
    across -= half
    return value, across


def log_prior(theta: Matrix, tau: float) -> tuple[float, Matrix]:
    """Relevances, line, surface, lengthscale and trend are log-normal, the noise is Gamma.

    Returns:
        Logarithm of the density, but for a constant, and its gradient.
    """
    own, noise = theta[:-5] / tau, np.exp(theta[-1])
    apart = (theta[-5:-1] - _USUAL) / _VAGUE
    value = (_SHAPE - 1) * theta[-1] - _RATE * noise - 0.5 * (own @ own + apart @ apart)
    bend = np.concatenate([-own / tau, -apart / _VAGUE, [_SHAPE - 1 - _RATE * noise]])
    return float(value), bend
