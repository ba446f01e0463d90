"""All configurations of a job at the mean of their seeds, as candidates of a choice."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .points import Point


@dataclass(frozen=True, slots=True)
class Member:
    """A configuration with the means of its completed trials.

    Attributes:
        points: Those trials, ascending by number.
    """

    values: Mapping[str, float]
    points: tuple[Point, ...]

    @property
    def key(self) -> str:
        """Canonical key of the configuration."""
        return self.points[0].key

    @property
    def words(self) -> str:
        """The configuration in words."""
        return self.points[0].words


def add_points(members: Mapping[str, Member], points: Iterable[Point]) -> dict[str, Member]:
    """`members` by key with further trials, as `pick.summarise` has them.

    Only completed full-fidelity trials count.
    """
    groups: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        if point.state == "completed" and point.fidelity == 1.0:
            groups[point.key].append(point)
    found = dict(members)
    for key, new in groups.items():
        seeds = [*found[key].points, *new] if key in found else new
        seeds.sort(key=lambda x: x.number)
        found[key] = Member(_means(seeds), tuple(seeds))
    return found


def _means(seeds: list[Point]) -> Mapping[str, float]:
    if len(seeds) == 1:
        return seeds[0].values
    names = set.intersection(*(set(point.values) for point in seeds))
    return {
        name: math.fsum(point.values[name] for point in seeds) / len(seeds)
        for name in sorted(names)
    }
