"""Trees that are grown apart from one another, over workers where there are some."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from peftsearch.search.entangled.maps import Plan, run_alone
from peftsearch.search.entangled.streams import Streams

from .growth import Growth
from .leaves import Leaves
from .normals import Matrix, Normals, Probes
from .trees import Indices, Nodes, blend, join, make_nodes, sum_up

PROBES = 32
"""Directions over which it is told how far a point is off the hull of others."""
_PROBES_SEED = 0


class Mapper(Protocol):
    """What spreads the trees: the executors of `concurrent.futures`, or one of Ray's pools."""

    def map(self, function: Callable[[Any], Any], items: Iterable[Any], /) -> Iterable[Any]:
        """The function's values, in order."""


class Options(NamedTuple):
    """How a forest is grown.

    Attributes:
        trees: How many.
        particles: Of each; 1 draws from the prior.
        leaves: Most of a tree.
        budget: Time at which a tree ends, in units of one over length; infinite where the
            number of leaves alone ends it.
        threshold: See `Plan`.
    """

    trees: int = 100
    particles: int = 30
    leaves: int = 50
    budget: float = float("inf")
    threshold: float = 0.5


class Forest(NamedTuple):
    """Trees and the leaf nodes, `t x n`, of the points that they were grown on.

    Attributes:
        log_evidence: Of each tree, as its particles estimate it.
    """

    nodes: Nodes
    probes: Probes
    members: Indices
    log_evidence: Matrix

    def blend(self, x: Matrix, kept: Matrix, left: Matrix) -> Matrix:
        """See `trees.blend`."""
        return blend(self.nodes, x, self.probes, kept, left)

    def sums(self, columns: Matrix) -> Matrix:
        """See `trees.sum_up`."""
        return sum_up(self.nodes, self.members, columns)


def grow(
    x: Matrix,
    leaves: Leaves,
    normals: Normals,
    options: Options,
    seed: int,
    mapper: Mapper | None = None,
) -> Forest:
    """A forest on `n x d` points about the unit cube.

    Tree `i` is a function of the points, `seed` and i, so that it is the same on any worker.

    Args:
        x: The points.
        leaves: What is known of them.
        normals: Law of a cut's direction.
        options: See there.
        seed: A non-negative integer below 2**64.
        mapper: Spreads the trees; None grows them one after the other.
    """
    probes = normals.probes(PROBES, np.random.default_rng(_PROBES_SEED))
    growth = Growth(x, leaves, normals, options.leaves, options.budget)
    task = partial(_grow_one, growth, options, seed, x, probes)
    spread: Callable[..., Iterable[Any]] = map if mapper is None else mapper.map
    grown = list(spread(task, range(options.trees)))
    nodes = join([x for x, _, _ in grown])
    members = np.array([own for _, own, _ in grown]) + nodes.roots[:, None]
    return Forest(nodes, probes, members, np.array([x for _, _, x in grown]))


def _grow_one(
    growth: Growth, options: Options, seed: int, x: Matrix, probes: Probes, tree: int
) -> tuple[Nodes, Indices, float]:
    plan = Plan((seed, tree), options.particles, options.threshold)
    most = options.leaves
    found = run_alone(growth, plan, most, lambda states: all(x.ended for x in states))
    drawn = found.draw(Streams(*plan.seed).resampling(most + 1))
    nodes, members = make_nodes(drawn, x, probes, options.budget)
    return nodes, members, found.weights.log_evidence
