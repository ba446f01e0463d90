"""The loss of the group of validation rows that fares worst."""

import numpy as np

from peftsearch.workers.training.trained import Measured, Trained

from .ratios import ratio_of_sums
from .worst_group import part_groups, tell


def measure(trained: Trained) -> Measured:
    """The mean loss of its rows, of a language model over their response tokens.

    Raises:
        UserError: No two groups have rows enough.
    """
    data, groups = trained.job.encoded("validation"), part_groups(trained)
    with trained.attached():
        losses = trained.losses(data, range(len(data)))
    weights = np.array([data.weight([row]) for row in range(len(data))])
    found = {
        name: ratio_of_sums(losses[rows] * weights[rows], weights[rows])
        for name, rows in groups.items()
    }
    worst = max(found, key=lambda name: (found[name][0], name))
    return tell(worst, *found[worst], groups)
