"""Configurations as points of a space, for peers that know nothing of configurations."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.inverse import encodings
from peftsearch.spaces.space.nearest import Nearest
from peftsearch.spaces.space.space import CATEGORICAL, Space


class Points:
    """Both ways between the configurations of a space and points of `d` indices."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._nearest = Nearest(space) if space.members else None

    def place(self, configuration: Configuration) -> tuple[int, ...] | None:
        """The point of a configuration, always the same for one key; in a closed space the nearest
        one, in an open one None where no point means it."""
        # Coordinates without effect are drawn: a constant would teach a preference nobody has.
        rng = np.random.default_rng(int(configuration.key, 16))
        found = list(encodings(self._space, configuration, rng))
        exact = (x for x in found if self._space.decode(x).key == configuration.key)
        return next(exact, found[0] if self._nearest else None)

    def read(self, point: Sequence[int], excluded: set[str]) -> Configuration | None:
        """What a point means, in a closed space the nearest new member; None if it is not new."""
        if self._nearest is not None:
            return self._nearest.find(point, lambda x: x.key not in excluded)
        found = self._space.decode(point)
        return found if found.key not in excluded and self._space.feasible(found) else None

    def columns(self, points: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """`n` points as `n x c` numbers in [0, 1]: one for what has an order, one for each choice
        of what has none, and none for what has a single value."""
        rows, found = np.array(points, int).reshape(-1, len(self._space.dimensions)), []
        for (name, size), column in zip(self._space.dimensions, rows.T, strict=True):
            if size > 1 and name.startswith(CATEGORICAL):
                found.append(np.eye(size)[column])
            elif size > 1:
                found.append(column[:, None] / (size - 1))
        return np.hstack(found)


def find_same(trials: Sequence[Trial], configuration: Configuration) -> Trial | None:
    """The trial of a configuration, if any; without adapters, the rate makes no other one."""
    frozen = configuration.frozen
    same = (x for x in trials if x.key == configuration.key or x.configuration.frozen and frozen)
    return next(same, None)
