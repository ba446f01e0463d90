"""How far the model is from what it has not seen: the noise of trainings, what features miss.

Lengthscales that were fitted to a point predict it too well: on the made-up tasks of the
benchmarks, leave-one-out residuals in closed form were half as large as those of points that the
fit had not seen. So parts are left out, and each time all is fitted again.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .gaussian import expect_at
from .surrogate import EnsembleLinearMatern, GaussianFit

Matrix = NDArray[np.float64]

FOLDS = 10
_SEEDS, _ROWS = 0.5, 0.5
"""Usual deviations in units of a quality's standard error on the validation rows: between training
seeds, and of what the rows say in favour of one configuration over another. Most of that error is
common to all configurations."""
_WEIGHT = 2.0
"""Degrees of freedom of the usual deviation between seeds; each repeat has one."""
KEPT = 0.25
"""Of the variance that left-out points show, the share that also holds with them."""
_TRIED = np.append(0.0, np.geomspace(0.02, 3.0, 60)) ** 2
"""Variances of what features miss, in units of the residuals' mean square."""


class Noise(NamedTuple):
    """Variances of one configuration's observations.

    Attributes:
        seeds: Between training seeds.
        rows: Of what the validation rows say of it, whatever the seed.
        freedom: Degrees of freedom of `seeds`.
    """

    seeds: float
    rows: float
    freedom: float

    def of(self, counts: Matrix) -> Matrix:
        """That of the mean of so many observations each."""
        variances: Matrix = self.seeds / counts + self.rows
        return variances


def find_noise(qualities: Sequence[Sequence[float]], error: float) -> Noise:
    """From what repeats of configurations differ by, and from what is usual.

    The usual one is a scaled inverse chi-squared prior: between seeds, real trainings of encoders
    differed by a third to a half of the standard error on the validation rows.

    Args:
        qualities: Of each configuration those of its seeds.
        error: Standard error of a quality on the validation rows; 0 where it is not known.
    """
    squares = sum(float(np.var(x)) * len(x) for x in qualities if len(x) > 1)
    repeats = sum(len(x) - 1 for x in qualities if len(x) > 1)
    weight = _WEIGHT if error else 0.0
    freedom = weight + repeats
    seeds = (weight * (_SEEDS * error) ** 2 + squares) / freedom if freedom else 0.0
    return Noise(seeds, (_ROWS * error) ** 2, freedom)


class Data(NamedTuple):
    """What a fit learns from: `n x d` points, and of each what was observed there."""

    x: Matrix
    outcomes: Sequence[Sequence[float]]

    @property
    def means(self) -> Matrix:
        """Mean observation of each point."""
        return np.array([np.mean(y) for y in self.outcomes])

    @property
    def counts(self) -> Matrix:
        """Number of observations of each point."""
        return np.array([float(len(y)) for y in self.outcomes])

    def at(self, places: Sequence[int]) -> "Data":
        """Some of the points."""
        return Data(self.x[list(places)], [self.outcomes[i] for i in places])

    def fit(self, error: float) -> GaussianFit:
        """The engine's own, with its floor under the noise."""
        groups = [i for i, y in enumerate(self.outcomes) for _ in y]
        observed = np.array([y for outcomes in self.outcomes for y in outcomes])
        return EnsembleLinearMatern().fit(self.x[groups], observed, 0, error**2)


def leave_out(data: Data, error: float) -> tuple[Matrix, Matrix]:
    """What each of `n` points differs by from what all but its tenth predict, and the variance of
    f that they predict it with."""
    n = len(data.outcomes)
    residuals, variances = np.zeros((2, n))
    for fold in np.array_split(np.random.default_rng(0).permutation(n), FOLDS):
        rest = data.at([i for i in range(n) if i not in set(fold.tolist())])
        members = rest.fit(error).members
        noises = [x.noise / rest.counts for x in members]
        means, found = expect_at(members, rest.x, rest.means, noises, data.x[fold])
        residuals[fold], variances[fold] = data.means[fold] - means, found
    return residuals, variances


def find_misfit(residuals: Matrix, variances: Matrix) -> float:
    """Variance of what a configuration has of its own, which its features do not tell.

    The most likely one for normal residuals, of which the share that the fit to all points leaves
    is kept.

    Args:
        residuals: Of `k` points that were left out.
        variances: Predicted ones, noise included.
    """
    tried = _TRIED[:, None] * np.mean(residuals**2)
    total = variances + tried
    likelihoods = -0.5 * (np.log(total) + residuals**2 / total).sum(axis=1)
    return KEPT * float(tried[np.argmax(likelihoods), 0])
