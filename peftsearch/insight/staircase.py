"""The running best along the cost axis, kept up as configurations come in and means change.

What a configuration costs is as its steps are many, not as the configurations: only where the mean
of one that makes a step falls, all are looked at for those that make it in its place.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_ROOM = 256


@dataclass
class Staircase:
    """Positions on the cost axis and qualities, to be maximised, with room to grow.

    Attributes:
        size: Configurations; they are numbered in the order in which they came.
        steps: Positions at which the running best rises, ascending.
        levels: The running best from each of them on, ascending.
    """

    size: int = 0
    positions: NDArray[np.float64] = field(default_factory=lambda: np.empty(_ROOM))
    qualities: NDArray[np.float64] = field(default_factory=lambda: np.empty(_ROOM))
    steps: list[float] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)

    @property
    def best(self) -> float | None:
        """The best quality; None before any."""
        return self.levels[-1] if self.levels else None

    def insert(self, position: float, quality: float) -> bool:
        """Add a configuration; whether it is better than all that cost no more."""
        if self.size == len(self.positions):
            self.positions = np.concatenate([self.positions] * 2)
            self.qualities = np.concatenate([self.qualities] * 2)
        self.positions[self.size], self.qualities[self.size] = position, quality
        self.size += 1
        return self._raise(position, quality)

    def change(self, number: int, quality: float) -> bool:
        """Give a known configuration another quality; whether the running best changed."""
        position, before = float(self.positions[number]), float(self.qualities[number])
        self.qualities[number] = quality
        at = bisect_left(self.steps, position)
        made = self.steps[at : at + 1] == [position] and self.levels[at] == before
        if not made or quality >= before:
            return self._raise(position, quality)
        del self.steps[at], self.levels[at]
        self._fill(position, at)
        return True

    def area(self, low: float, end: float) -> float:
        """Between the running best along the axis and the height `low`, up to `end`."""
        heights = np.maximum(np.array(self.levels) - low, 0.0)
        edges = np.minimum([*self.steps, end], end)
        return float(heights @ np.diff(edges))

    def _raise(self, position: float, quality: float) -> bool:
        at = bisect_right(self.steps, position)
        if at and self.levels[at - 1] >= quality:
            return False
        first = at - 1 if at and self.steps[at - 1] == position else at
        last = bisect_right(self.levels, quality, at)
        self.steps[first:last], self.levels[first:last] = [position], [quality]
        return True

    def _fill(self, position: float, at: int) -> None:
        """Find again what rises between a position and the step of number `at` beyond it."""
        positions, qualities = self.positions[: self.size], self.qualities[: self.size]
        within = positions >= position
        if at:
            within &= qualities > self.levels[at - 1]
        if at < len(self.steps):
            within &= positions < self.steps[at]
        for i in np.flatnonzero(within):
            self._raise(float(positions[i]), float(qualities[i]))
