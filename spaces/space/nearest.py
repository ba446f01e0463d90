"""From a point of a closed space's coordinates to the member that is most like it."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.configurations.configuration import Configuration

from .inverse import encodings
from .space import CATEGORICAL, Space


class Nearest:
    """The members of a closed space by their points.

    Members that the coordinates cannot say exactly stand at the nearest point.
    """

    def __init__(self, space: Space) -> None:
        self._members = [x for x in space.members if space.feasible(x)]
        names = [name for name, _ in space.dimensions]
        self._sizes = np.array([size for _, size in space.dimensions], dtype=float)
        self._categorical = np.array([name.startswith(CATEGORICAL) for name in names])
        points = [_point(space, x) for x in self._members]
        self._points = np.array(points, dtype=float).reshape(-1, len(names))

    def find(
        self, point: Sequence[float], wanted: Callable[[Configuration], bool] = lambda _: True
    ) -> Configuration | None:
        """The nearest wanted member, the first in the list of equal ones; None where none is.

        Args:
            point: `d` indices; numbers between them are allowed.
        """
        distances = self._distances(np.asarray(point, dtype=float))
        order = np.argsort(distances, kind="stable")
        return next((x for i in order if wanted(x := self._members[i])), None)

    def _distances(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the coordinates: 1 for another category, the share of the range of a number."""
        apart = np.abs(self._points - point)
        spans = np.maximum(self._sizes - 1, 1)
        found: NDArray[np.float64] = np.where(self._categorical, apart >= 0.5, apart / spans).sum(
            1
        )
        return found


def _point(space: Space, configuration: Configuration) -> Sequence[int]:
    rng = np.random.default_rng(int(configuration.key, 16))
    return next(encodings(space, configuration, rng))
