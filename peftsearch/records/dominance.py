"""Which configurations stand on a front. Maximise is the one sign here."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.objectives import objective

from .estimates import Valued

V = TypeVar("V", bound=Valued)

_MANY = 1000
"""Points of which all pairs are not compared at once, since that takes memory by their square."""


def choose_front(
    candidates: Sequence[V], names: Sequence[str], limits: Sequence[Bound] = ()
) -> list[V]:
    """The candidates that no other dominates in the objectives `names`.

    Args:
        limits: Who breaks one, or lacks a value, stands on no front and dominates nobody.
    """
    able = [x for x in candidates if _is_able(x, names, limits)]
    if not able:
        return []
    points = np.array([[objective(x).signed(c.values[x]) for x in names] for c in able])
    kept = non_dominated(points)
    return [candidate for candidate, keep in zip(able, kept, strict=True) if keep]


def choose_within(candidates: Sequence[V], limits: Sequence[Bound]) -> list[V]:
    """The candidates that break none of the limits and lack no value of theirs."""
    return [x for x in candidates if _is_able(x, (), limits)]


def _is_able(candidate: Valued, names: Sequence[str], limits: Sequence[Bound]) -> bool:
    values = candidate.values
    held = all(x.name in values and x.holds(values[x.name]) for x in limits)
    return held and all(name in values for name in names)


def non_dominated(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points no other point dominates.

    A point dominates another if it is nowhere worse and somewhere better; equal points do not
    dominate each other, so both stay.

    Args:
        points: An `n x m` array of `n` points in `m` objectives, all maximised.

    Returns:
        A mask of `n`.
    """
    if points.shape[1] == 2 and not np.isnan(points).any():
        return _sweep(points)
    if len(points) > _MANY and not np.isnan(points).any():
        return _one_by_one(points)
    # One objective after the other: an n x n x m array would be much slower to fill.
    worse, better = np.zeros((2, len(points), len(points)), dtype=bool)
    for values in points.T:
        worse |= values[:, None] < values[None, :]
        better |= values[:, None] > values[None, :]
    dominated: NDArray[np.bool_] = np.any(~worse & better, axis=0)
    return ~dominated


def _one_by_one(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The same against those that no earlier one dominates; the largest sums first, which dominate
    most."""
    kept = np.empty(0, int)
    for i in np.argsort(-points.sum(axis=1), kind="stable"):
        front, point = points[kept], points[i]
        if ((front >= point).all(axis=1) & (front > point).any(axis=1)).any():
            continue
        beaten = (front <= point).all(axis=1) & (front < point).any(axis=1)
        kept = np.append(kept[~beaten], i)
    mask = np.zeros(len(points), bool)
    mask[kept] = True
    return mask


def _sweep(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The same for two objectives without comparing all pairs: at 10,000 points that is 100 MB."""
    order = np.lexsort((-points[:, 1], -points[:, 0]))
    first, second = points[order].T
    # In descending order only an equal or a higher first value can dominate: within a run of equal
    # first values the run's best second value, and the best of all runs before it.
    starts = np.flatnonzero(np.r_[True, first[1:] != first[:-1]][: len(first)])
    lengths = np.diff(np.r_[starts, len(first)])
    best_before = np.r_[-np.inf, np.maximum.accumulate(second)[starts[1:] - 1]][: len(starts)]
    is_first = np.arange(len(starts)) == 0
    kept = (second[starts] > best_before) | is_first
    mask = np.empty(len(points), dtype=bool)
    mask[order] = np.repeat(kept, lengths) & (second == np.repeat(second[starts], lengths))
    return mask
