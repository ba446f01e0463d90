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
    better = (points[:, None, :] >= points[None, :, :]).all(-1)
    strictly = (points[:, None, :] > points[None, :, :]).any(-1)
    dominated: NDArray[np.bool_] = np.any(better & strictly, axis=0)
    return ~dominated
