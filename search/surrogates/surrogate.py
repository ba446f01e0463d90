"""Surrogates of quality behind one small interface.

`search.surrogates.linear_matern` fits the hyper-parameters of the one that jobs use,
`search.surrogates.map_saas` those of studies of other people's parameters;
`search.surrogates.gaussian` predicts.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from . import linear_matern
from .gaussian import EnsemblePosterior, Prior
from .linear_matern import Numbers
from .map_saas import HyperParameters, fit_members

Matrix = NDArray[np.float64]

FIT_POINTS = 256
"""Hyper-parameters are fitted on at most so many rows; the posterior conditions on all."""
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

    def fit(self, x: Matrix, y: Matrix, seed: int, noise_floor: float = 0.0) -> Fitted:
        """Fit to `n` observations of quality at `n x d`; repeats of one point are rows.

        Args:
            seed: For a fit that takes random numbers.
            noise_floor: Smallest variance that one observation's noise may have, in units of `y`
                squared.
        """


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

    def fit(self, x: Matrix, y: Matrix, seed: int, noise_floor: float = 0.0) -> GaussianFit:
        """See `Surrogate.fit`."""
        rows, unit = spread_evenly(len(y), FIT_POINTS), Unit.of(y, noise_floor)
        inputs, outputs, floor = x[rows], unit.standardise(y[rows]), noise_floor / unit.spread**2
        found = fit_members(inputs, outputs, shrinkages(), floor)
        return GaussianFit(tuple(map(unit.restore, found)))


TAUS = (0.5, 0.8, 1.25, 2.0)
"""Deviations of relevances' logarithms, of each member."""


class EnsembleLinearMatern:
    """A line and a Matern-5/2 surface over features that matter alike until shown otherwise.

    See `search.surrogates.linear_matern`, also of the last feature; each member lets relevances
    differ by more than the one before.
    """

    def fit(self, x: Matrix, y: Matrix, seed: int, noise_floor: float = 0.0) -> GaussianFit:
        """See `Surrogate.fit`."""
        rows, unit = spread_evenly(len(y), FIT_POINTS), Unit.of(y, noise_floor)
        floor = noise_floor / unit.spread**2
        found = linear_matern.fit_members(x[rows], unit.standardise(y[rows]), TAUS, floor)
        return GaussianFit(tuple(map(unit.restore_line, found)))


class Unit(NamedTuple):
    """Mean and standard deviation of the observations, in which a fit counts."""

    shift: float
    spread: float

    @classmethod
    def of(cls, y: Matrix, noise_floor: float = 0.0) -> "Unit":
        """That of some observations; of equal ones, which tell no unit, the least that their noise
        may deviate by, or their size."""
        spread, size = float(y.std()), float(np.abs(y).max())
        if spread > 1e-9 * size:
            return cls(float(y.mean()), spread)
        return cls(float(y.mean()), np.sqrt(noise_floor) or size or 1.0)

    def standardise(self, y: Matrix) -> Matrix:
        """Observations in this unit."""
        standard: Matrix = (y - self.shift) / self.spread
        return standard

    def restore(self, found: HyperParameters, smooth: bool = False) -> Prior:
        """What was fitted to standardised observations, on their own scale."""
        scale, noise = found.scale * self.spread**2, found.noise * self.spread**2
        mean = self.shift + found.mean * self.spread
        return Prior(found.lengthscales, scale, noise, mean, smooth)

    def restore_line(self, found: Numbers) -> Prior:
        """The same of a line and a surface, on the features' own scale too; the surface does not
        see the last feature."""
        wide, square = linear_matern.width(len(found.relevances)), self.spread**2
        slopes = found.line * (found.relevances / wide) ** 2
        return Prior(
            np.append(found.lengthscale * wide / found.relevances, np.inf),
            found.surface * square,
            found.noise * square,
            self.shift,
            slopes=square * np.append(slopes, found.trend / linear_matern.TREND_UNIT**2),
            level=linear_matern.LEVEL * square,
        )


def shrinkages() -> list[float]:
    """Of the members: quantiles of a half-Cauchy with scale 0.1."""
    levels = (np.arange(MEMBERS) + 0.5) / MEMBERS
    taus: list[float] = (0.1 * np.tan(0.5 * np.pi * levels)).tolist()
    return taus


def spread_evenly(n: int, most: int) -> NDArray[np.int64]:
    """Ascending indices of at most `most` of `n` things, the first and the last among them."""
    places: NDArray[np.int64] = np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))
    return places
