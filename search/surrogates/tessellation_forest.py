"""The surrogate that is no Gaussian process: random tessellation forests, drawn given the data."""

from dataclasses import dataclass

import numpy as np

from peftsearch.search.tessellation.forest import Forest, Options, grow
from peftsearch.search.tessellation.leaves import GaussianLeaves
from peftsearch.search.tessellation.normals import Normals
from peftsearch.search.tessellation.regression import scales, tree_of

from .surrogate import MEMBERS, Matrix, Unit

PARTICLES, LEAVES = 16, 40
SPREAD, SHAPE, SCALE = 10.0, 0.5, 0.1
"""Prior of the leaves on standardised observations: see `GaussianLeaves`."""
_LEAST_WEIGHT = 0.05
"""Of a column in the normals of the cuts; that of one that orders all observations is 1 more."""


class TessellationForest:
    """Random tessellation forests (Ge et al., NeurIPS 2019) with Gaussian leaves.

    A column's weight in the cuts is its correlation with what was observed, as predictors have
    weights in the paper: of thirty columns a few matter, and an oblique cut meets all.
    """

    def fit(self, x: Matrix, y: Matrix, seed: int, noise_floor: float = 0.0) -> "ForestFit":
        """See `Surrogate.fit`."""
        unit = Unit.of(y, noise_floor)
        standard = unit.standardise(y)
        _, groups = np.unique(x, axis=0, return_inverse=True)
        counts = np.bincount(groups.ravel())
        means = np.bincount(groups.ravel(), weights=standard) / counts
        within = float(((standard - means[groups.ravel()]) ** 2).sum())
        floor = noise_floor / unit.spread**2
        return ForestFit(unit, _weigh(x, standard), within, float(len(y) - len(counts)), floor)


@dataclass(frozen=True)
class ForestFit:
    """What the trees are grown with: they take shape as they are given points.

    Attributes:
        unit: In which observations are counted.
        weights: Of `d` columns.
        within: Sum of squares of repeats about the means of their points.
        degrees: Of freedom, which that has.
        floor: Least variance of an observation's noise.
    """

    unit: Unit
    weights: Matrix
    within: float
    degrees: float
    floor: float

    def posterior(
        self, x: Matrix, means: Matrix, counts: Matrix, draws: int, seed: int
    ) -> "ForestPosterior":
        """See `Fitted.posterior`: as many trees as an ensemble of processes has draws, one draw of
        each. Pending points are in the trees without observations, which the law of the cuts
        allows: what is beyond a domain does not change it."""
        waiting = np.zeros(len(x) - len(means))
        observed = np.append(self.unit.standardise(means), waiting)
        leaves = GaussianLeaves(
            observed, np.append(counts, waiting), SPREAD, SHAPE, SCALE, self.within, self.degrees
        )
        options = Options(MEMBERS * draws, PARTICLES, LEAVES)
        forest = grow(x, leaves, Normals(self.weights, axes=False), options, seed)
        return ForestPosterior(forest, leaves, self.unit, self.floor, seed)


class ForestPosterior:
    """A draw of the leaves' means and of their variance in each tree."""

    def __init__(
        self, forest: Forest, leaves: GaussianLeaves, unit: Unit, floor: float, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        self._forest, self._unit = forest, unit
        sums = forest.sums(leaves.columns)
        drawn = scales(forest, leaves, sums) / rng.gamma(leaves.shape, size=len(forest.members))
        noises = np.maximum(drawn, floor)[tree_of(forest)]
        self._values = _draw_values(forest, leaves, sums, noises, rng)
        self._wider = noises * leaves.spread

    @property
    def draws(self) -> Matrix:
        """See `Posterior.draws`."""
        drawn: Matrix = self._unit.shift + self._unit.spread * self._values[self._forest.members]
        return drawn

    def predict(self, x: Matrix) -> tuple[Matrix, Matrix]:
        """See `Posterior.predict`. Within the hull of a leaf's points f is known; off it, the
        further, the surer it is the value of a leaf without data."""
        squares = self._values**2
        kept = np.column_stack([self._values, squares])
        left = np.column_stack([self._values, squares + self._wider])
        means, seconds = np.moveaxis(self._forest.blend(x, kept, left), -1, 0)
        variances = np.maximum(seconds - means**2, 0.0)
        return self._unit.shift + self._unit.spread * means, self._unit.spread**2 * variances


def _weigh(x: Matrix, y: Matrix) -> Matrix:
    """Absolute correlation of each column, and a little for all."""
    centred = x - x.mean(0)
    lengths = np.sqrt((centred**2).sum(0) * ((y - y.mean()) ** 2).sum())
    products = np.abs(centred.T @ (y - y.mean()))
    shares: Matrix = np.divide(products, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return _LEAST_WEIGHT + shares


def _draw_values(
    forest: Forest, leaves: GaussianLeaves, sums: Matrix, noises: Matrix, rng: np.random.Generator
) -> Matrix:
    """Of each node: a drawn mean of a leaf, and of other nodes the mean over their observations.

    A leaf without any is about the node above it that has some.
    """
    nodes, a = forest.nodes, leaves.spread
    parts, normals = 1.0 + a * sums[:, 0], rng.standard_normal(len(sums))
    values = a * sums[:, 1] / parts + np.sqrt(noises * a / parts) * normals
    for node in np.flatnonzero(nodes.cuts >= 0)[::-1]:
        counts, own = sums[nodes.children[node], 0], values[nodes.children[node]]
        values[node] = counts @ own / counts.sum() if counts.sum() else 0.0
    for node in np.flatnonzero(nodes.cuts >= 0):
        for child in nodes.children[node]:
            if sums[child, 0] == 0:
                off = 0.0 if nodes.cuts[child] >= 0 else np.sqrt(noises[child] * a)
                values[child] = values[node] + off * normals[child]
    return values
