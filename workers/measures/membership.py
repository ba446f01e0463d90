"""How well losses tell rows that were trained on from rows that were not."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata

from peftsearch.workers.runtime.seeds import stream
from peftsearch.workers.training.trained import Measured, Trained

MOST = 1000
"""Rows of each side."""


def measure(trained: Trained) -> Measured:
    """The chance that a training row has a smaller loss than a validation row, ties half: .5
    gives nothing away. It is what the simplest attack on membership attains (Yeom et al., 2018,
    IEEE CSF); others may attain more.

    As many rows of each side are compared, drawn alike in all trials of the job.
    """
    job = trained.job
    seen, unseen = job.encoded("train"), job.encoded("validation")
    count = min(len(seen), len(unseen), MOST)
    with trained.attached():
        members = trained.losses(seen, _draw(len(seen), count))
        others = trained.losses(unseen, _draw(len(unseen), count))
    value, error = compare_losses(members, others)
    return Measured(value, error, {"rows": count})


def compare_losses(
    members: NDArray[np.float64], others: NDArray[np.float64]
) -> tuple[float, float]:
    """The area under the curve of telling members by a small loss, and its standard error
    (DeLong et al., 1988); of sides that do not overlap, half of one pair of a row in each.

    Args:
        members: `m`; at least two.
        others: `n`; at least two.
    """
    m, n = len(members), len(others)
    joint = rankdata(np.concatenate([members, others]))
    own, foreign = rankdata(members), rankdata(others)
    below = 1 - (joint[:m] - own) / n  # share of the others above each member
    above = (joint[m:] - foreign) / m  # share of the members below each other
    error = float(np.sqrt(below.var(ddof=1) / m + above.var(ddof=1) / n))
    if error == 0:  # all told apart: no variance is seen
        error = 1 / (2 * min(m, n))
    return float(below.mean()), error


def _draw(rows: int, count: int) -> list[int]:
    drawn: list[int] = torch.randperm(rows, generator=stream(0, "membership"))[:count].tolist()
    return sorted(drawn)
