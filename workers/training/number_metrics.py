"""Metrics of predicted numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from .judged import Judged, Metric, Metrics


def correlation(judged: Judged) -> float:
    """Pearson's correlation; 0 where either is constant, as a model that ignores its input is."""
    return _correlate(judged.predictions, judged.references)


def rank_correlation(judged: Judged) -> float:
    """Spearman's correlation, ties at their mean rank; 0 where either is constant."""
    return _correlate(rankdata(judged.predictions), rankdata(judged.references))


def r2(judged: Judged) -> float:
    """Share of the labels' variance that is explained; 0 where all labels are equal."""
    if _is_constant(judged.references):
        return 0.0
    return float(r2_score(judged.references, judged.predictions))


def rmse(judged: Judged) -> float:
    """Root of the mean squared error, in the labels' units."""
    return float(root_mean_squared_error(judged.references, judged.predictions))


def mae(judged: Judged) -> float:
    """Mean absolute error, in the labels' units."""
    return float(mean_absolute_error(judged.references, judged.predictions))


_DIGITS = 12
"""Of a correlation; beyond them there is rounding alone, by which a perfect one is less."""

NUMBER_METRICS: Metrics = {
    "pearson": Metric(correlation),
    "spearman": Metric(rank_correlation),
    "r2": Metric(r2),
    "rmse": Metric(rmse),
    "mae": Metric(mae),
}


def _correlate(left: NDArray[Any], right: NDArray[Any]) -> float:
    if _is_constant(left) or _is_constant(right):
        return 0.0
    x, y = (_standardise(values) for values in (left, right))
    return round(float(np.clip(x @ y, -1.0, 1.0)), _DIGITS)


def _is_constant(values: NDArray[Any]) -> bool:
    return bool(np.all(values == values[0]))


def _standardise(values: NDArray[Any]) -> NDArray[np.float64]:
    centred = values.astype(np.float64) - values.mean(dtype=np.float64)
    # Dividing by the largest first keeps the squares of huge and tiny numbers in range.
    scaled: NDArray[np.float64] = centred / np.abs(centred).max()
    return scaled / np.linalg.norm(scaled)
