"""What each row of the test split adds to a metric: values of rows by seeds, `n x s`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Score = Callable[[NDArray[Any], NDArray[Any]], float]
"""From predictions (`n`) and references (`n`) to a metric."""
BLOCKS = 200
"""Blocks of rows that are left out in turn, at most."""


def hits(predictions: Sequence[NDArray[Any]], references: NDArray[Any]) -> NDArray[np.float64]:
    """Whether each of `n` rows is right by each of `s` seeds: a share of rows is their mean.

    Args:
        predictions: Of each seed, `n`.
    """
    return np.stack([x == references for x in predictions], axis=1).astype(np.float64)


def pseudo_values(
    predictions: Sequence[NDArray[Any]], references: NDArray[Any], score: Score
) -> NDArray[np.float64]:
    """Of any metric, by leaving out blocks of rows in turn (Tukey's jackknife; Shao and Tu, 1995,
    chapter 2), `b x s`: of a mean over rows the means of the blocks. Their mean is the metric.

    Args:
        predictions: Of each of `s` seeds, `n` or `n x classes`.
        references: The `n` labels.
        score: The metric.
    """
    n = len(references)
    blocks = np.array_split(np.random.default_rng(0).permutation(n), min(n, BLOCKS))
    return np.stack([_of_seed(x, references, score, blocks) for x in predictions], axis=1)


def _of_seed(
    predictions: NDArray[Any],
    references: NDArray[Any],
    score: Score,
    blocks: Sequence[NDArray[np.int64]],
) -> NDArray[np.float64]:
    whole, count = score(predictions, references), len(blocks)
    kept = np.ones(len(references), dtype=bool)
    left_out = np.empty(count)
    for i, block in enumerate(blocks):
        kept[block] = False
        left_out[i] = score(predictions[kept], references[kept])
        kept[block] = True
    # A small bias of the metric, which the jackknife would take off, is left in both arms.
    found: NDArray[np.float64] = whole + (count - 1) * (left_out.mean() - left_out)
    return found
