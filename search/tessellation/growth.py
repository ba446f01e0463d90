"""How a tree grows: the next cut of each particle, exactly, by thinning (algorithm 1)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peftsearch.search.entangled.maps import Uniforms

from .leaves import Leaves
from .normals import Matrix, Normals

Bools = NDArray[np.bool_]

_TRIES = 8
"""Hyperplanes that are drawn at a time for a particle; of one in three the leaf is met."""
_ONE_POINT = 1e-5
"""Points that are nearer than this are one."""
_SURE = 1.001
"""By which radii are larger than they come out: rounding may not lose a hyperplane."""


class Cut(NamedTuple):
    """A hyperplane {x : normal . x = offset}; what lies beyond leaves `leaf` for a new one."""

    leaf: int
    normal: Matrix
    offset: float
    time: float


class Tree(NamedTuple):
    """A particle: a partition of `n` points, and how it came about.

    Attributes:
        leaf: Of each point.
        centres: Of a ball around each leaf's points.
        radii: Of it; 0 for those that are cut no more.
        carried: See `Leaves.split`.
        time: Of the last cut.
        history: The cuts before the last, and the last: particles share what they have in common.
        size: Number of leaves.
        ended: Whether no cut comes before the budget runs out.
    """

    leaf: NDArray[np.int16]
    centres: Matrix
    radii: Matrix
    carried: float
    time: float
    history: "tuple[object, Cut] | None"
    size: int
    ended: bool

    @property
    def cuts(self) -> list[Cut]:
        """In the order of their times."""
        found, rest = [], self.history
        while rest is not None:
            rest, cut = rest  # type: ignore[assignment]
            found.append(cut)
        return found[::-1]


class Growth:
    """The next cut as random maps, one generation for each cut.

    In continuous time each leaf is cut at the rate of the hyperplanes that meet the hull of its
    points. Those that meet a ball around them come at a rate that is known, its radius, and
    are drawn until one separates points: that is the process itself (Poisson thinning).

    Args:
        x: `n x d` points, about the unit cube.
        leaves: What is known of them.
        normals: Law of a cut's direction.
        most: Leaves of a tree.
        budget: Time at which a tree ends, in units of one over length.
    """

    def __init__(
        self, x: Matrix, leaves: Leaves, normals: Normals, most: int, budget: float
    ) -> None:
        self._x, self._leaves, self._normals = np.ascontiguousarray(x), leaves, normals
        self._across = np.ascontiguousarray(x.T)
        self._squares = (x**2).sum(1)
        self._most, self._budget = most, budget

    def root(self) -> Tree:
        """All points in one leaf."""
        everywhere, radii = np.ones((1, len(self._x)), bool), np.zeros(self._most)
        found, radii[:1] = self._balls(everywhere, self._sums(everywhere))
        centres = np.zeros((self._most, self._x.shape[1]))
        centres[0] = found[0]
        leaf, ended = np.zeros(len(self._x), np.int16), self._most < 2 or not radii.any()
        return Tree(leaf, centres, radii, self._leaves.start, 0.0, None, 1, ended)

    def step(self, states: Sequence[Tree], uniforms: Uniforms) -> tuple[list[Tree], list[float]]:
        """One more cut of each tree that has not ended, and what it gains."""
        found, gains = list(states), [0.0] * len(states)
        going = [i for i, x in enumerate(states) if not x.ended]
        part = 0
        while going:
            numbers = uniforms(_TRIES * (self._normals.width + 3), part)[going]
            drawn = self._try([found[i] for i in going], numbers)
            for i, (tree, gain) in zip(going, drawn, strict=True):
                found[i], gains[i] = tree, gain
            going = [i for i in going if found[i].size == states[i].size and not found[i].ended]
            part += 1
        return found, gains

    def _try(self, trees: Sequence[Tree], numbers: Matrix) -> list[tuple[Tree, float]]:
        """Each tree with the first hyperplane that cuts, or only later where none does."""
        numbers = numbers.reshape(len(trees), _TRIES, -1)
        times, chosen, radii = _race(trees, numbers)
        normals = self._normals.draw(numbers[..., 3:])
        pairs = zip(trees, chosen, strict=True)
        centres = np.array([tree.centres[leaves] for tree, leaves in pairs])
        offsets = (normals * centres).sum(-1) + radii * (2.0 * numbers[..., 2] - 1.0)
        # A product for each tree: of all at once, rounding would depend on how many there are.
        beyond = normals @ self._across > offsets[..., None]
        inside = np.stack([x.leaf for x in trees])[:, None] == chosen[..., None].astype(np.int16)
        meets = (beyond & inside).any(-1) & (inside & ~beyond).any(-1)
        first = np.where(meets.any(1), meets.argmax(1), _TRIES - 1)
        rows = np.arange(len(trees))
        when = times[rows, first]
        late = ~(when <= self._budget)
        ready = meets[rows, first] & ~late
        found: list[tuple[Tree, float]] = [
            (tree if cut else tree._replace(time=at, ended=over), 0.0)
            for tree, cut, at, over in zip(
                trees, ready.tolist(), when.tolist(), late.tolist(), strict=True
            )
        ]
        if ready.any():
            at = rows[ready], first[ready]
            parts = (x.tolist() for x in (chosen[at], offsets[at], when[ready]))
            cuts = [Cut(j, y, b, t) for y, j, b, t in zip(normals[at], *parts, strict=True)]
            grown = self._cut([found[i][0] for i in at[0]], cuts, inside[at], beyond[at])
            for i, one in zip(at[0].tolist(), grown, strict=True):
                found[i] = one
        return found

    def _cut(
        self, trees: Sequence[Tree], cuts: Sequence[Cut], inside: Bools, beyond: Bools
    ) -> list[tuple[Tree, float]]:
        """Trees with a cut more, and what it gains.

        Args:
            inside: `m x n`, whether a point is in the leaf that is cut.
            beyond: Whether it is beyond the hyperplane.
        """
        parts = np.concatenate([inside & ~beyond, inside & beyond])
        sums, m = self._sums(parts), len(trees)
        carried = np.array([x.carried for x in trees])
        # Counts and sums of one point may not depend on the way they were added.
        gains, carried = self._leaves.split(sums[:m] + sums[m:], sums[:m], carried)
        centres, radii = self._balls(parts, sums)
        counts = np.array([x.size for x in trees])
        before = np.stack([x.leaf for x in trees])
        leaf = np.where(parts[m:], counts[:, None].astype(np.int16), before)
        sizes, rows = np.stack([x.radii for x in trees]), np.arange(m)
        sizes[rows, [x.leaf for x in cuts]], sizes[rows, counts] = radii[:m], radii[m:]
        ended = (counts + 1 == self._most) | ~sizes.any(1)
        found = []
        for i, (tree, cut) in enumerate(zip(trees, cuts, strict=True)):
            balls = tree.centres.copy()
            balls[cut.leaf], balls[tree.size] = centres[i], centres[m + i]
            own = leaf[i], balls, sizes[i], float(carried[i]), cut.time, (tree.history, cut)
            found.append((Tree(*own, tree.size + 1, bool(ended[i])), float(gains[i])))
        return found

    def _sums(self, masks: Bools) -> Matrix:
        """Of the leaves' columns over `m x n` choices of points."""
        sums: Matrix = (masks[:, None].astype(float) @ self._leaves.columns)[:, 0]
        return sums

    def _balls(self, masks: Bools, sums: Matrix) -> tuple[Matrix, Matrix]:
        """Centres, `m x d`, and radii of balls around choices of points, about their means."""
        wide = masks[:, None].astype(float)
        centres = wide @ self._x / masks.sum(1)[:, None, None]
        squares = self._squares - 2.0 * (centres @ self._across)[:, 0]
        squares += (centres**2).sum(-1)
        squares *= masks
        largest = squares.max(1)
        small = (largest < _ONE_POINT**2) | self._leaves.settled(sums)
        radii: Matrix = np.where(small, 0.0, _SURE * np.sqrt(np.maximum(largest, 0.0)))
        return centres[:, 0], radii


def _race(trees: Sequence[Tree], numbers: Matrix) -> tuple[Matrix, NDArray[np.int64], Matrix]:
    """When the next hyperplanes come to each of `m` trees, to which leaf, and its radius.

    The clocks of all leaves are one clock of their summed rates, and a choice.
    """
    radii = np.stack([x.radii for x in trees])
    edges = np.cumsum(radii, axis=1)
    rate = edges[:, -1:]
    waits = -np.log1p(-numbers[..., 0]) / rate
    times = np.array([[x.time] for x in trees]) + np.cumsum(waits, axis=1)
    aims = (numbers[..., 1] * rate)[..., None]
    chosen = (edges[:, None] <= aims).sum(-1)
    # A product just below the rate may be rounded to it.
    chosen = np.minimum(chosen, np.array([[x.size - 1] for x in trees]))
    return times, chosen, np.take_along_axis(radii, chosen, axis=1)
