"""A ratio of two sums over rows, with its error."""

import numpy as np
from numpy.typing import NDArray


def ratio_of_sums(over: NDArray[np.float64], under: NDArray[np.float64]) -> tuple[float, float]:
    """The ratio, and its standard error by linearisation (Cochran, 1977, section 6.4).

    Args:
        over, under: `n` each, at least two; `under` positive in its sum.
    """
    n, total = len(over), float(under.sum())
    ratio = float(over.sum()) / total
    residuals = over - ratio * under
    error = float(np.sqrt(n / (n - 1) * np.square(residuals).sum())) / total
    return ratio, error
