"""Non-dominance. Maximise is the one sign here."""

import numpy as np
from numpy.typing import NDArray


def non_dominated(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points no other point dominates.

    A point dominates another if it is nowhere worse and somewhere better; equal points do not
    dominate each other, so both stay.

    Args:
        points: An `n x m` array of `n` points in `m` objectives, all maximised.

    Returns:
        A mask of `n`.
    """
    # One objective after the other: an n x n x m array would be much slower to fill.
    worse, better = np.zeros((2, len(points), len(points)), dtype=bool)
    for values in points.T:
        worse |= values[:, None] < values[None, :]
        better |= values[:, None] > values[None, :]
    dominated: NDArray[np.bool_] = np.any(~worse & better, axis=0)
    return ~dominated
