"""Trees as arrays: where a point lies in each, and how surely it is nowhere else."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .growth import Tree
from .normals import Matrix, Probes

Indices = NDArray[np.int64]


class Nodes(NamedTuple):
    """The `c` cuts and `2 c + 1` nodes of a tree, or of several one after the other.

    Attributes:
        normals: `c x d`, of each cut.
        offsets: `c`.
        cuts: Cut of each node; -1 of a leaf.
        children: Of each node, on this side of its cut and beyond it.
        lives: Time from the cut that made a node to that of its own, or to the tree's end.
        low: Least height of a node's points along each of `q` probes.
        high: The largest.
        roots: Where each tree begins.
    """

    normals: Matrix
    offsets: Matrix
    cuts: Indices
    children: Indices
    lives: Matrix
    low: Matrix
    high: Matrix
    roots: Indices


def make_nodes(tree: Tree, x: Matrix, probes: Probes, budget: float) -> tuple[Nodes, Indices]:
    """A grown tree, and the leaf node of each of its `n x d` points."""
    cuts = tree.cuts
    own, births = {0: 0}, np.zeros(2 * len(cuts) + 1)
    cut_of = np.full(len(births), -1)
    children = np.full((len(births), 2), -1)
    lives = np.zeros(len(births))
    for i, cut in enumerate(cuts):
        node, parts = own[cut.leaf], (2 * i + 1, 2 * i + 2)
        cut_of[node], children[node] = i, parts
        lives[node] = cut.time - births[node]
        own[cut.leaf], own[i + 1] = parts
        births[list(parts)] = cut.time
    end = tree.time if np.isinf(budget) else budget
    leaves = np.array([own[j] for j in range(tree.size)])
    lives[leaves] = end - births[leaves]
    members = leaves[tree.leaf]
    low, high = _extents(members, children, x @ probes.directions.T)
    normals = np.array([cut.normal for cut in cuts]).reshape(-1, x.shape[1])
    offsets = np.array([cut.offset for cut in cuts])
    nodes = Nodes(normals, offsets, cut_of, children, lives, low, high, np.zeros(1, np.int64))
    return nodes, members


def _extents(members: Indices, children: Indices, heights: Matrix) -> tuple[Matrix, Matrix]:
    low = np.full((len(children), heights.shape[1]), np.inf)
    high = -low
    np.minimum.at(low, members, heights)
    np.maximum.at(high, members, heights)
    for node in range(len(children) - 1, -1, -1):  # children come after their parents
        if children[node, 0] >= 0:
            low[node] = low[children[node]].min(0)
            high[node] = high[children[node]].max(0)
    return low, high


def join(trees: Sequence[Nodes]) -> Nodes:
    """Several trees as one table."""
    cuts = np.cumsum([0, *(len(x.offsets) for x in trees)])
    nodes = np.cumsum([0, *(len(x.cuts) for x in trees)])
    pairs = list(zip(trees, cuts.tolist(), nodes.tolist(), strict=False))
    return Nodes(
        np.concatenate([x.normals for x in trees]),
        np.concatenate([x.offsets for x in trees]),
        np.concatenate([np.where(x.cuts < 0, -1, x.cuts + c) for x, c, _ in pairs]),
        np.concatenate([np.where(x.children < 0, -1, x.children + n) for x, _, n in pairs]),
        np.concatenate([x.lives for x in trees]),
        np.concatenate([x.low for x in trees]),
        np.concatenate([x.high for x in trees]),
        nodes[:-1],
    )


def blend(nodes: Nodes, x: Matrix, probes: Probes, kept: Matrix, left: Matrix) -> Matrix:
    """Of `q` numbers of each node, what is expected at `k x d` points in each tree, `t x k x q`.

    A point off the hull of a node's points leaves that node, by a cut that separates it from them
    all, at the rate of the hyperplanes that meet the hull with it and not without (Mondrian
    forests; Lakshminarayanan et al., NIPS 2014). Then it lies where no data are.

    Args:
        kept: What holds in a leaf, for each node.
        left: What holds of a point that left the node.
    """
    across, heights = x @ nodes.normals.T, x @ probes.directions.T
    place, point = np.repeat(nodes.roots, len(x)), np.tile(np.arange(len(x)), len(nodes.roots))
    found, surely = np.zeros((len(place), kept.shape[1])), np.ones(len(place))
    going = np.arange(len(place))
    while len(going):
        node = place[going]
        rate = _growth(nodes, node, heights[point[going]], probes)
        stays = np.exp(-nodes.lives[node] * rate)
        found[going] += (surely[going] * (1.0 - stays))[:, None] * left[node]
        surely[going] *= stays
        cut = nodes.cuts[node]
        going, node, cut = going[cut >= 0], node[cut >= 0], cut[cut >= 0]
        beyond = across[point[going], cut] > nodes.offsets[cut]
        place[going] = nodes.children[node, beyond.astype(int)]
    found += surely[:, None] * kept[place]
    return found.reshape(len(nodes.roots), len(x), -1)


def sum_up(nodes: Nodes, members: Indices, columns: Matrix) -> Matrix:
    """Of `n x q` columns over the points of each node.

    Args:
        members: `t x n`, leaf node of each point.
    """
    found = np.zeros((len(nodes.cuts), columns.shape[1]))
    for own in members:
        np.add.at(found, own, columns)
    for node in np.flatnonzero(nodes.cuts >= 0)[::-1]:  # children come after their parents
        found[node] = found[nodes.children[node]].sum(0)
    return found


def _growth(nodes: Nodes, node: Indices, heights: Matrix, probes: Probes) -> Matrix:
    """By how much the measure of the hulls grows with one point more each."""
    off = np.maximum(heights - nodes.high[node], 0.0)
    off += np.maximum(nodes.low[node] - heights, 0.0)
    found: Matrix = 0.5 * (off @ probes.shares)
    return found
