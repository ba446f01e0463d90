"""The training rows that baselines are fitted to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .opened_job import OpenedJob

MOST_ROWS = 10_000
"""At most so many, evenly taken."""


def sample_rows(job: OpenedJob) -> list[int]:
    """Their indices, ascending."""
    n = len(job.data.train.texts)
    places = np.linspace(0, n - 1, min(MOST_ROWS, n)).astype(int)
    return [int(i) for i in np.unique(places)]


def sample_labels(job: OpenedJob) -> NDArray[Any]:
    """Theirs, `n`."""
    labels: NDArray[Any] = job.encoded("train").labels.numpy()[sample_rows(job)]
    return labels
