"""The training rows that baselines are fitted to."""

import numpy as np

from .opened_job import OpenedJob

MOST_ROWS = 10_000
"""At most so many, evenly taken."""


def sample_rows(job: OpenedJob) -> list[int]:
    """Their indices, ascending."""
    n = len(job.data.train.texts)
    places = np.linspace(0, n - 1, min(MOST_ROWS, n)).astype(int)
    return [int(i) for i in np.unique(places)]
