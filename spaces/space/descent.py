"""From random points of a space down to one that breaks no bound, coordinate by coordinate."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from .layout import Point

_STARTS = 150
_DESCENTS = 12
_PASSES = 12
_JUMPS = 300
Excess = Callable[[Point], float]


def descend(sizes: Sequence[int], excess: Excess, rng: np.random.Generator) -> tuple[Point, float]:
    """The point with the least excess that was met, and that excess.

    A point without any ends it. From the best of some random points each coordinate in turn takes
    its best value, until none betters it. The number of points that are looked at is limited.

    Args:
        sizes: Number of values of each of the `d` coordinates.
        excess: How far a point breaks the bounds; 0 where it breaks none, infinite where it is
            not to be met.
    """
    excess = cache(excess)  # Descents of a small space meet the same points again and again.
    drawn: list[tuple[float, Point]] = []
    for _ in range(_STARTS):
        point = tuple(int(x) for x in rng.integers(sizes))
        drawn.append((excess(point), point))
        if drawn[-1][0] == 0:
            return point, 0.0
    drawn.sort()
    ends = []
    for value, start in drawn[:_DESCENTS]:
        ends.append(_fall(sizes, excess, start, value, rng))
        if ends[-1][0] == 0:
            break
    least, point = min(ends)
    return point, least


def _fall(
    sizes: Sequence[int], excess: Excess, start: Point, value: float, rng: np.random.Generator
) -> tuple[float, Point]:
    """Where the descent from a point ends."""
    best = (value, start)
    for _ in range(_PASSES):
        before = best
        for i in rng.permutation(len(sizes)):
            others = [_edit(best[1], {i: x}) for x in range(sizes[i]) if x != best[1][i]]
            best = min([best, *((excess(x), x) for x in others)])
            if best[0] == 0:
                return best
        if best[0] == before[0]:
            best = _jump(sizes, excess, best, rng)
        if best[0] in (0, before[0]):
            break
    return best


def _jump(
    sizes: Sequence[int], excess: Excess, best: tuple[float, Point], rng: np.random.Generator
) -> tuple[float, Point]:
    """The first better point of some that differ in two or three coordinates; where bounds pull
    in two directions, no single one helps."""
    movable = [i for i, size in enumerate(sizes) if size > 1]
    for _ in range(_JUMPS):
        chosen = rng.permutation(movable)[: int(rng.integers(2, 4))]
        point = _edit(best[1], {i: int(rng.integers(sizes[i])) for i in chosen})
        if (value := excess(point)) < best[0]:
            return value, point
    return best


def _edit(point: Point, values: Mapping[int, int]) -> Point:
    return tuple(values.get(i, x) for i, x in enumerate(point))
