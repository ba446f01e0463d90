"""The law of random tessellations, and the evidence of what they part."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from peftsearch.search.entangled.maps import Plan, run_alone
from peftsearch.search.tessellation.growth import Growth, Tree
from peftsearch.search.tessellation.leaves import GaussianLeaves, LabelLeaves, Leaves
from peftsearch.search.tessellation.normals import Matrix, Normals, measure
from peftsearch.search.tessellation.trees import make_nodes

SQUARE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
PART = 0.35 + 0.3 * SQUARE
LAWS = {
    "uniform": Normals(np.ones(2), False),
    "axis": Normals(np.ones(2), True),
    "weighted": Normals(np.array([1.0, 0.2]), False),
}


def grow(x: Matrix, normals: Normals, budget: float, trees: int, seed: int = 0) -> list[Tree]:
    """Draws from the process, without data."""
    leaves = GaussianLeaves(np.zeros(len(x)), np.zeros(len(x)), 1.0, 0.5, 0.5)
    growth = Growth(x, leaves, normals, 64, budget)
    plan = Plan((seed, 0), trees, threshold=0.0)
    return list(run_alone(growth, plan, 64, lambda states: all(x.ended for x in states)).states)


def part(tree: Tree, points: int) -> tuple[int, ...]:
    """Which of the last points are together, by the first of each group."""
    own = tree.leaf[-points:].tolist()
    return tuple(own.index(x) for x in own)


@pytest.mark.parametrize("law", sorted(LAWS))
def test_cuts_of_a_part_have_the_law_of_cuts_of_the_part(law: str) -> None:
    whole = grow(np.concatenate([SQUARE, PART]), LAWS[law], 2.0, 3000)
    alone = grow(PART, LAWS[law], 2.0, 3000, seed=1)
    counts = [Counter(part(x, 4) for x in trees) for trees in (whole, alone)]
    keys = [key for key in counts[0] | counts[1] if counts[0][key] + counts[1][key] > 20]
    table = [[count[key] for key in keys] for count in counts]
    assert len(keys) > 3
    assert stats.chi2_contingency(table).pvalue > 1e-3


@pytest.mark.parametrize("law", sorted(LAWS))
def test_the_first_cut_comes_at_the_rate_of_the_hull(law: str) -> None:
    normals = LAWS[law]
    rate = measure(PART, normals.probes(200_000, np.random.default_rng(0)))
    if law == "uniform":
        assert rate == pytest.approx(1.2 / (2 * np.pi), rel=0.01)  # perimeter / (2 pi)
    if law == "axis":
        assert rate == pytest.approx(0.5 * 0.3)
    trees = grow(np.concatenate([SQUARE, PART]), normals, 3.0, 3000)
    apart = np.mean([len(set(part(x, 4))) > 1 for x in trees])
    assert apart == pytest.approx(1 - np.exp(-3.0 * rate), abs=0.025)


def test_times_ascend_and_cuts_separate() -> None:
    x = np.random.default_rng(0).random((25, 4))
    for tree in grow(x, Normals(np.ones(4), False), 4.0, 20):
        times = [cut.time for cut in tree.cuts]
        assert all(a < b for a, b in pairwise([0.0, *times]))
        assert (times[-1:] or [0.0])[0] <= 4.0
        assert set(tree.leaf.tolist()) == set(range(tree.size))
        leaf = np.zeros(len(x), int)
        for i, cut in enumerate(tree.cuts):
            leaf[(leaf == cut.leaf) & (x @ cut.normal > cut.offset)] = i + 1
        assert leaf.tolist() == tree.leaf.tolist()


def test_points_that_coincide_are_never_parted() -> None:
    x = np.repeat(np.random.default_rng(0).random((5, 3)), 2, axis=0)
    for tree in grow(x, Normals(np.ones(3), False), np.inf, 10):
        assert tree.size == 5
        assert (tree.leaf[::2] == tree.leaf[1::2]).all()


def test_a_single_point_is_a_tree() -> None:
    assert grow(np.zeros((1, 3)), Normals(np.ones(3), False), np.inf, 2)[0].size == 1


def sums_of(leaves: Leaves, leaf: np.ndarray) -> Matrix:
    return np.array([leaves.columns[leaf == j].sum(0) for j in range(leaf.max() + 1)])


def make_splits(leaves: Leaves, n: int) -> tuple[float, np.ndarray]:
    """Some cuts at random: what they gain in all, and the leaves that are left."""
    rng, leaf = np.random.default_rng(3), np.zeros(n, int)
    carried, total = np.array([leaves.start]), 0.0
    for new in range(1, 6):
        old = rng.integers(new)
        moved = (leaf == old) & (rng.random(n) < 0.5)
        parent, other = leaves.columns[leaf == old].sum(0), leaves.columns[moved].sum(0)
        gains, carried = leaves.split(parent[None], (parent - other)[None], carried)
        total += float(gains[0])
        leaf[moved] = new
    return total, leaf


def test_increments_of_gaussian_leaves_are_the_evidence() -> None:
    rng = np.random.default_rng(0)
    z, a, shape, scale = rng.standard_normal(40), 3.0, 0.7, 0.4
    leaves = GaussianLeaves(z, np.ones(40), a, shape, scale)
    gained, leaf = make_splits(leaves, 40)
    one = np.zeros(40, int)
    told = [leaves.log_evidence(sums_of(leaves, x)) for x in (one, leaf)]
    assert gained == pytest.approx(told[1] - told[0], abs=1e-12)

    def direct(leaf: np.ndarray) -> float:
        together = np.equal.outer(leaf, leaf)
        matrix = scale / shape * (np.eye(40) + a * together)
        return float(stats.multivariate_t(np.zeros(40), matrix, df=2 * shape).logpdf(z))

    assert gained == pytest.approx(direct(leaf) - direct(one), abs=1e-11)


def test_means_of_repeats_have_the_evidence_of_the_repeats() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(12), 3)
    z = rng.standard_normal(36) + groups
    means = np.bincount(groups, z) / 3
    within = float(((z - means[groups]) ** 2).sum())
    short = GaussianLeaves(means, np.full(12, 3.0), 2.0, 0.5, 0.5, within, 24.0)
    long = GaussianLeaves(z, np.ones(36), 2.0, 0.5, 0.5)
    leaf = np.arange(12) // 4
    found = [
        short.log_evidence(sums_of(short, leaf)),
        long.log_evidence(sums_of(long, leaf[groups])),
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-10)
    assert short.start == pytest.approx(long.start, rel=1e-12)


def test_increments_of_label_leaves_are_the_evidence() -> None:
    labels, prior = np.random.default_rng(0).integers(3, size=40), np.array([0.2, 1.0, 0.05])
    leaves = LabelLeaves(labels, prior)
    gained, leaf = make_splits(leaves, 40)

    def direct(leaf: np.ndarray) -> float:
        """One label after the other, by Polya's urn."""
        total = 0.0
        for j in set(leaf.tolist()):
            urn = prior.copy()
            for label in labels[leaf == j]:
                total += np.log(urn[label] / urn.sum())
                urn[label] += 1
        return total

    one = np.zeros(40, int)
    assert gained == pytest.approx(direct(leaf) - direct(one), abs=1e-12)
    found = leaves.log_evidence(sums_of(leaves, leaf))
    assert found == pytest.approx(direct(leaf), abs=1e-12)


@pytest.mark.parametrize("axes", [True, False])
def test_particles_carry_their_evidence(axes: bool) -> None:
    x = np.random.default_rng(0).random((40, 3))
    z = np.sin(5 * x[:, 0])
    leaves = GaussianLeaves(z, np.ones(40), 10.0, 0.5, 0.1)
    growth = Growth(x, leaves, Normals(np.ones(3), axes), 15, np.inf)
    for tree in run_alone(growth, Plan((1, 2), 6), 14).states:
        assert tree.carried == pytest.approx(leaves.scale(sums_of(leaves, tree.leaf)), rel=1e-12)


def test_nodes_live_from_their_own_cut_to_the_next() -> None:
    x = np.random.default_rng(0).random((25, 4))
    normals = Normals(np.ones(4), False)
    probes = normals.probes(16, np.random.default_rng(0))
    tree = next(x for x in grow(x, normals, 4.0, 20) if x.size > 3)
    nodes, members = make_nodes(tree, x, probes, 4.0)
    path, node = nodes.lives[0], 0
    while nodes.cuts[node] >= 0:
        node = int(nodes.children[node, 0])
        path += nodes.lives[node]
    assert path == pytest.approx(4.0)
    heights = x @ probes.directions.T
    for node in set(members.tolist()):
        np.testing.assert_array_equal(nodes.low[node], heights[members == node].min(0))
    np.testing.assert_array_equal(nodes.high[0], heights.max(0))
