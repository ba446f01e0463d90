"""Gaussian processes in closed form: draws at the observed points, and predictions given a draw.

The maths knows no configuration: rows are points in `d` features, all in numpy and float64. One
`Prior` is one setting of the hyper-parameters; an ensemble is several, equally likely.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular

Matrix = NDArray[np.float64]

MIDDLE = 0.5
"""Of a feature: each is about 0 to 1."""
NUGGET = 1e-6
"""Share of the signal's variance that each point has of its own: two keys may have the same
features."""


@dataclass(frozen=True)
class Prior:
    """Hyper-parameters of one Gaussian process on standardised quality.

    Attributes:
        lengthscales: `d` lengthscales.
        scale: Variance of the signal.
        noise: Variance of one observation.
        mean: Constant mean.
        smooth: Squared-exponential kernel; False is Matern-5/2.
        slopes: Variances of the slopes along `d` features of a line that is added, if any.
        level: Variance of that line's own constant.
    """

    lengthscales: Matrix
    scale: float
    noise: float
    mean: float
    smooth: bool = False
    slopes: Matrix | None = None
    level: float = 0.0

    def covariance(self, left: Matrix, right: Matrix) -> Matrix:
        """Prior covariance of `n x d` and `k x d` points, `n x k`."""
        a, b = left / self.lengthscales, right / self.lengthscales
        # In place: fresh memory for each step would cost more than the arithmetic.
        squares: Matrix = a @ (-2.0 * b.T)
        squares += (a**2).sum(1)[:, None]
        squares += (b**2).sum(1)
        np.maximum(squares, 0.0, out=squares)
        if self.smooth:
            squares *= -0.5
            covariance = np.exp(squares, out=squares)
        else:
            covariance = _matern(squares)
        covariance *= self.scale
        if self.slopes is not None:
            covariance += (self.slopes * (left - MIDDLE)) @ (right - MIDDLE).T
        covariance += self.level
        return covariance

    @property
    def nugget(self) -> float:
        """See `NUGGET`."""
        return NUGGET * (self.scale + self.level)

    def variance(self, x: Matrix) -> Matrix:
        """Prior variance at `k x d` points, `k`."""
        variances: Matrix = np.full(len(x), self.scale + self.level)
        if self.slopes is not None:
            variances += (x - MIDDLE) ** 2 @ self.slopes
        return variances


def _matern(squares: Matrix) -> Matrix:
    """Matern-5/2 correlation at squared distances, which are overwritten."""
    root = np.sqrt(5.0 * squares)
    squares *= 5.0 / 3.0
    squares += root
    squares += 1.0
    squares *= np.exp(np.negative(root, out=root), out=root)
    return squares


class _Conditional:
    """One member given the data, with draws of f at the observed and the pending points."""

    def __init__(
        self, member: Prior, x: Matrix, means: Matrix, counts: Matrix, normals: Matrix
    ) -> None:
        """Draw f at `n` points, of which the first `m = len(means)` were observed.

        Args:
            x: `n x d` distinct points.
            means: Mean observation of each observed point.
            counts: Number of observations behind each mean.
            normals: `draws x (m + n)` standard normal numbers, those of the noise first.
        """
        self.member, self.x = member, x
        prior = member.covariance(x, x)
        prior[np.diag_indices_from(prior)] += member.nugget
        self.root = np.linalg.cholesky(prior)
        self.draws = self._draw(prior, means, counts, normals)
        self.weights: Matrix = cho_solve((self.root, True), (self.draws - member.mean).T)

    def _draw(self, prior: Matrix, means: Matrix, counts: Matrix, normals: Matrix) -> Matrix:
        """By Matheron's rule: a draw from the prior, moved by what would have been observed of it.

        Wilson et al., arXiv 2002.09309, equation 13.
        """
        seen = len(means)
        drawn: Matrix = self.member.mean + normals[:, seen:] @ self.root.T
        if seen == 0:
            return drawn
        noise = self.member.noise / counts
        missed = means - drawn[:, :seen] - normals[:, :seen] * np.sqrt(noise)
        noisy = prior[:seen, :seen].copy()
        noisy[np.diag_indices_from(noisy)] += noise
        factor = cho_factor(noisy, lower=True, overwrite_a=True)
        drawn += (prior[:, :seen] @ cho_solve(factor, missed.T)).T
        return drawn

    def predict(self, x: Matrix) -> tuple[Matrix, Matrix]:
        """Mean, `draws x k`, and variance, `k`, of f at `k x d` points given each draw."""
        across = self.member.covariance(self.x, x)
        mean = self.member.mean + self.weights.T @ across
        half = solve_triangular(self.root, across, lower=True)
        variance = self.member.variance(x) + self.member.nugget - (half**2).sum(0)
        return mean, np.maximum(variance, NUGGET * self.member.nugget)


class EnsemblePosterior:
    """States of knowledge about f: `s` equally likely draws at the observed and pending points.

    A candidate's mean and variance are conditioned on the draw, so that the correlation between
    the front and the candidate is kept: near-copies of a lucky point gain nothing. Points that
    are pending have no observations; f is drawn there too, which makes them fantasies.
    """

    def __init__(
        self,
        members: Sequence[Prior],
        x: Matrix,
        means: Matrix,
        counts: Matrix,
        draws: int,
        seed: int,
    ) -> None:
        """Draw.

        Args:
            members: Hyper-parameters, one entry for each member.
            x: `n x d` distinct points, the observed ones first.
            means: Mean of the observations at each observed point, on the members' scale.
            counts: Number of observations behind each mean.
            draws: Number of draws for each member.
            seed: Same seed, same numbers; one more point leaves the earlier points' draws.
        """
        normals = _normals(len(members) * draws, len(means) + len(x), seed)
        self._parts = [
            _Conditional(member, x, means, counts, normals[i * draws : (i + 1) * draws])
            for i, member in enumerate(members)
        ]

    @property
    def draws(self) -> Matrix:
        """Drawn f at the `n` points, `s x n`."""
        return np.concatenate([part.draws for part in self._parts])

    def predict(self, x: Matrix) -> tuple[Matrix, Matrix]:
        """Mean and variance of f at `k x d` points given each draw, both `s x k`."""
        means, variances = [], []
        for part in self._parts:
            mean, variance = part.predict(x)
            means.append(mean)
            variances.append(np.broadcast_to(variance, mean.shape))
        return np.concatenate(means), np.concatenate(variances)


def expect_at(
    members: Sequence[Prior],
    x: Matrix,
    means: Matrix,
    noises: Sequence[Matrix],
    at: Matrix | None = None,
    misfit: float = 0.0,
) -> tuple[Matrix, Matrix]:
    """Mean and variance of f at `k` points, over all members; no draws.

    Args:
        x: `n x d` observed points.
        means: Mean observation of each.
        noises: Of each member, the variance of each mean.
        at: `k x d` other points; None means the observed ones.
        misfit: Variance that each point's f has of its own, independent of all others'.
    """
    found = []
    for member, noise in zip(members, noises, strict=True):
        own = misfit + member.nugget
        prior = member.covariance(x, x) + own * np.eye(len(x))
        across = prior if at is None else member.covariance(x, at)
        solved = np.linalg.solve(prior + np.diag(noise), across)
        mean = member.mean + solved.T @ (means - member.mean)
        before = member.variance(x if at is None else at) + own
        found.append((mean, before - (across * solved).sum(axis=0)))
    centres, variances = np.array(found).transpose(1, 0, 2)
    return centres.mean(axis=0), variances.mean(axis=0) + centres.var(axis=0)


def _normals(rows: int, columns: int, seed: int) -> Matrix:
    """`rows x columns` standard normal numbers; a column does not depend on how many follow."""
    rng = np.random.default_rng(np.random.SeedSequence((seed, rows)))
    return rng.standard_normal((columns, rows)).T
