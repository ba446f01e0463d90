"""Where the acquisition function is looked at: a set of starts, then discrete local search."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import islice, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.neighbours import mutate
from peftsearch.spaces.space.space import Space

from .design import sobol

Matrix = NDArray[np.float64]
Acquisition = Callable[[Sequence[Configuration]], Matrix]
"""`k` acquisition values for `k` configurations; minus infinity for a useless one."""

_MUTATIONS, _EDITS, _SOBOL = 256, 4, 256
_CLIMBERS = 3
_LIMIT = 2_000
"""Configurations that are evaluated for one proposal."""
_ENUMERABLE = 20_000
_DRAWS, _DESCENTS = 500, 8


def make_starts(
    space: Space, parents: Sequence[Configuration], rng: np.random.Generator
) -> list[Configuration]:
    """Starts, distinct by key: mutations of `parents` by one to four edits, and Sobol points; of a
    closed space all that may be proposed."""
    if space.members:
        return [x for x in space.members if space.feasible(x)]
    mutants: list[Configuration] = []
    if parents:
        edits = rng.integers(1, _EDITS + 1, _MUTATIONS)
        chosen = rng.integers(len(parents), size=_MUTATIONS)
        mutants = [
            mutate(space, parents[parent], int(count), rng)
            for parent, count in zip(chosen, edits, strict=True)
        ]
    spread = islice(sobol(space, int(rng.integers(2**31))), _SOBOL)
    return list(_distinct([*(x for x in mutants if space.feasible(x)), *spread]))


class Found(NamedTuple):
    """A configuration, and its acquisition value."""

    configuration: Configuration
    value: float


class LocalSearch:
    """Best-improvement climbing over one-step edits, from the best of the starts.

    The further members of a batch, whose acquisition values differ, climb the same ground: it is
    faster where `around` keeps what it found.
    """

    def __init__(
        self,
        starts: Sequence[Configuration],
        around: Callable[[Configuration], Sequence[Configuration]],
    ) -> None:
        """Prepare.

        Args:
            starts: Distinct by key.
            around: The neighbours of a configuration.
        """
        self._starts, self._around = starts, around
        self._limit = max(_LIMIT, len(starts))

    def best(self, evaluate: Acquisition, excluded: Set[str]) -> Found | None:
        """The best configuration met, with its value; None where all are excluded or useless.

        Args:
            evaluate: The acquisition function.
            excluded: Keys that must not be returned.
        """
        values: dict[str, float] = {}
        visited: dict[str, Configuration] = {}

        def visit(configurations: Iterable[Configuration]) -> None:
            room = self._limit - len(values)
            fresh = [
                x
                for x in _distinct(configurations)
                if x.key not in values and x.key not in excluded
            ][:room]
            visited.update((x.key, x) for x in fresh)
            found = evaluate(fresh).tolist() if fresh else []
            values.update(zip((x.key for x in fresh), found, strict=True))

        visit(self._starts)
        climbers = sorted(values, key=lambda key: -values[key])[:_CLIMBERS]
        while climbers and len(values) < self._limit:
            around = {key: self._around(visited[key]) for key in climbers}
            visit(x for near in around.values() for x in near)
            climbers = list(dict.fromkeys(_climb(climbers, around, values)))
        best = max(values, key=lambda key: values[key], default=None)
        if best is None or values[best] == -np.inf:
            return None
        return Found(visited[best], values[best])


def _climb(
    climbers: list[str], around: dict[str, Sequence[Configuration]], values: dict[str, float]
) -> Iterator[str]:
    """The best neighbour of each climber that has a better one."""
    for key in climbers:
        near = [x.key for x in around[key] if x.key in values]
        best = max(near, key=lambda near: values[near], default=key)
        if values[best] > values[key]:
            yield best


def draw_unseen(
    space: Space, excluded: Set[str], rng: np.random.Generator
) -> Configuration | None:
    """A random configuration within the bounds whose key is new; None if the space has no more.

    A space of few points is searched to the end, a closed one too; of a larger one, 500 draws
    decide, or a few descents where draws meet no bound.
    """
    if space.members:
        return _choose(space.members, space, excluded, rng)
    for configuration in _draws(space, rng):
        if configuration.key not in excluded:
            return configuration
    sizes = [size for _, size in space.dimensions]
    if np.prod(sizes, dtype=float) > _ENUMERABLE:
        return None
    points = map(space.decode, product(*map(range, sizes)))
    return _choose(points, space, excluded, rng)


def _draws(space: Space, rng: np.random.Generator) -> Iterator[Configuration]:
    """Random configurations within the bounds; where draws find none, the ends of descents."""
    for _ in range(_DRAWS):
        drawn = space.draw(rng)
        if drawn is None:
            break
        yield drawn
    else:
        return
    for _ in range(_DESCENTS):
        nearest, excess = space.approach(rng)
        if excess == 0:
            yield nearest


def _choose(
    among: Iterable[Configuration], space: Space, excluded: Set[str], rng: np.random.Generator
) -> Configuration | None:
    left = [x for x in among if x.key not in excluded and space.feasible(x)]
    return left[int(rng.integers(len(left)))] if left else None


def _distinct(configurations: Iterable[Configuration]) -> Iterator[Configuration]:
    seen: set[str] = set()
    for configuration in configurations:
        if configuration.key not in seen:
            seen.add(configuration.key)
            yield configuration
