"""What a forest of Gaussian leaves predicts, in closed form."""

from typing import NamedTuple

import numpy as np

from .forest import Forest
from .leaves import GaussianLeaves, Matrix
from .trees import Indices


class Beliefs(NamedTuple):
    """What is believed of the leaves of `t` trees, on the leaves' own scale.

    Attributes:
        means: Of each node, of the mean of its points.
        ratios: Variance of that in units of s2.
        noises: Posterior mean of s2 for each node: that of its tree.
        spread: Variance in units of s2 of a leaf without data about the node that it left.
    """

    means: Matrix
    ratios: Matrix
    noises: Matrix
    spread: float


def tree_of(forest: Forest) -> Indices:
    """Number of each node's tree."""
    roots = np.append(forest.nodes.roots, len(forest.nodes.cuts))
    return np.repeat(np.arange(len(roots) - 1), np.diff(roots))


def scales(forest: Forest, leaves: GaussianLeaves, sums: Matrix) -> Matrix:
    """Posterior scale of s2 in each of `t` trees, from sums over all nodes."""
    ends = forest.nodes.cuts < 0
    trees = tree_of(forest)
    return np.array([leaves.scale(sums[ends & (trees == i)]) for i in range(len(forest.members))])


def believe(forest: Forest, leaves: GaussianLeaves, least_noise: float = 0.0) -> Beliefs:
    """The posterior of each leaf: mean B / A and variance a s2 / A."""
    sums, a = forest.sums(leaves.columns), leaves.spread
    parts = 1.0 + a * sums[:, 0]
    noises = scales(forest, leaves, sums) / (leaves.shape - 1.0)
    noises = np.maximum(noises, least_noise)[tree_of(forest)]
    return Beliefs(a * sums[:, 1] / parts, a / parts, noises, a)


def predict(forest: Forest, beliefs: Beliefs, x: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and variance of f at `k x d` points in each tree, `t x k`.

    A mixture over a point's leaf and the nodes that it may have left. Where it left one, it is in
    a leaf without data, whose mean has the prior's variance about that node's mean: about the
    prior's own mean, as the model of independent leaves says, trees forget what is near.
    """
    variances = beliefs.noises * beliefs.ratios
    wider = variances + beliefs.noises * beliefs.spread
    squares = beliefs.means**2
    kept = np.column_stack([beliefs.means, squares + variances])
    left = np.column_stack([beliefs.means, squares + wider])
    means, seconds = np.moveaxis(forest.blend(x, kept, left), -1, 0)
    return means, np.maximum(seconds - means**2, 0.0)


def together(means: Matrix, variances: Matrix) -> tuple[Matrix, Matrix]:
    """Of `t` equally likely trees as one: the law of total variance."""
    return means.mean(0), variances.mean(0) + means.var(0)
