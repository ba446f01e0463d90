"""Which particles go on: decided from weights and one number, so that all workers agree."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Slots = NDArray[np.int64]


def normalise(log_weights: Matrix) -> Matrix:
    """Weights that sum to 1, from logarithms of which one at least is finite."""
    weights = np.exp(log_weights - log_weights.max())
    shares: Matrix = weights / weights.sum()
    return shares


def effective(log_weights: Matrix) -> float:
    """Effective number of particles: 1 / sum of squared shares (Kong et al., 1994)."""
    return float(1.0 / (normalise(log_weights) ** 2).sum())


def resample(log_weights: Matrix, uniform: float) -> Slots:
    """The parent of each slot, ascending: systematic resampling.

    Args:
        log_weights: Of `k` particles.
        uniform: In [0, 1); it moves all `k` equally spaced points.
    """
    points = (np.arange(len(log_weights)) + uniform) / len(log_weights)
    edges = np.cumsum(normalise(log_weights))
    # Rounding may leave the last edge below the last point.
    parents: Slots = np.minimum(np.searchsorted(edges, points, side="right"), len(edges) - 1)
    return parents
