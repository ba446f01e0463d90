"""The law of a cut's direction: any, along an axis, and with weights on the columns."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Probes(NamedTuple):
    """Directions over which a mean width is taken, `q x d`, and the share of each, `q`."""

    directions: Matrix
    shares: Matrix


class Normals(NamedTuple):
    """Law of the normal of a hyperplane; the measure of those that meet a body is half its mean
    width over the law.

    Attributes:
        weights: Of `d` columns: of an oblique normal each coordinate is multiplied by its weight
            before the normal is given length 1, an axis is drawn by its share of them.
        axes: Along the axes alone: the Mondrian process (Roy and Teh, NIPS 2008).
    """

    weights: Matrix
    axes: bool

    @property
    def width(self) -> int:
        """Numbers in [0, 1) that a normal takes: an even number."""
        return len(self.weights) + len(self.weights) % 2

    def draw(self, uniforms: Matrix) -> Matrix:
        """`... x d` unit normals from `... x width` numbers in [0, 1)."""
        if self.axes:
            edges = np.cumsum(self.weights)
            places = np.searchsorted(edges, uniforms[..., 0] * edges[-1], side="right")
            units: Matrix = np.eye(len(edges))[np.minimum(places, len(edges) - 1)]
            return units
        # Box and Muller: a tenth of the time of the normal distribution's inverse.
        half = self.width // 2
        far = np.sqrt(-2.0 * np.log1p(-uniforms[..., :half]))
        angles = 2.0 * np.pi * uniforms[..., half:]
        normals = np.concatenate([far * np.cos(angles), far * np.sin(angles)], axis=-1)
        normals = normals[..., : len(self.weights)] * self.weights
        normals /= np.sqrt((normals**2).sum(-1, keepdims=True))
        return normals

    def probes(self, count: int, rng: np.random.Generator) -> Probes:
        """Directions that stand for the law: of axes all with a weight, else `count` draws."""
        if self.axes:
            used = np.flatnonzero(self.weights)
            shares = self.weights[used] / self.weights.sum()
            return Probes(np.eye(len(self.weights))[used], shares)
        drawn = self.draw(rng.random((count, self.width)))
        return Probes(drawn, np.full(count, 1.0 / count))


def measure(x: Matrix, probes: Probes) -> float:
    """Of the hyperplanes that meet the hull of `n x d` points: the rate at which they cut it."""
    return 0.5 * float(probes.shares @ np.ptp(x @ probes.directions.T, axis=0))
