"""Which observations the model conditions on, where there are more than it can in good time."""

from collections.abc import Sequence

import moocore
import numpy as np

from .observations import Observation
from .surrogate import spread_evenly

MOST = 600
"""The work grows with the third power, and beyond some hundreds most tell what others told."""
_NEAR, _RECENT = 400, 50


def choose_subset(observations: Sequence[Observation]) -> list[Observation]:
    """At most `MOST` observations in their order, the same for the same observations.

    Taken are the front and what lies nearest to it, by how many fronts must be peeled off; the
    latest; and of all others an even spread over time.
    """
    if len(observations) <= MOST:
        return list(observations)
    chosen = set(_near_front(observations))
    chosen.update(range(len(observations) - _RECENT, len(observations)))
    others = [i for i in range(len(observations)) if i not in chosen]
    chosen.update(others[i] for i in spread_evenly(len(others), MOST - len(chosen)))
    return [observations[i] for i in sorted(chosen)]


def _near_front(observations: Sequence[Observation]) -> list[int]:
    """`_NEAR` indices, or all of the front where it has more but for the room of the latest."""
    known = [i for i, x in enumerate(observations) if x.qualities and x.able]
    if not known:
        return []
    points = np.array([observations[i].heights for i in known])
    layers = moocore.pareto_rank(points, maximise=True)
    order = np.argsort(layers, kind="stable")
    room = min(max(_NEAR, int((layers == 0).sum())), MOST - _RECENT)
    return [known[i] for i in order[:room]]
