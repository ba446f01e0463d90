"""What the model conditions on, where there is more than it can in good time."""

from collections.abc import Sequence

import moocore
import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.configurations.configuration import Configuration

from .goals.observations import Observation
from .surrogates.surrogate import spread_evenly

MOST = 600
"""The work grows with the third power, and beyond some hundreds most tell what others told."""
_NEAR, _RECENT = 2 / 3, 1 / 12
"""Shares of them."""
_MOST_PENDING, _STEP = 128, 64


def choose_subset(observations: Sequence[Observation], most: int = MOST) -> list[Observation]:
    """At most `most` observations in their order, the same for the same observations.

    Taken are the front and what lies nearest to it, by how many fronts must be peeled off; the
    latest; and of all others an even spread over time.
    """
    if len(observations) <= most:
        return list(observations)
    recent = round(_RECENT * most)
    chosen = set(_near_front(observations, round(_NEAR * most), most - recent))
    chosen.update(range(len(observations) - recent, len(observations)))
    others = [i for i in range(len(observations)) if i not in chosen]
    chosen.update(others[i] for i in spread_evenly(len(others), most - len(chosen)))
    return [observations[i] for i in sorted(chosen)]


def choose_pending(pending: Sequence[Configuration]) -> Sequence[Configuration]:
    """Of configurations that are being trained, ascending by number, those to condition on.

    All of them while they are few. Of many the latest, and one in `_STEP` more is waited for
    together with others: it changes little, and the model may be used again until then.
    """
    step = max(1, len(pending) // _STEP)
    return pending[: len(pending) - len(pending) % step][-_MOST_PENDING:]


def rank(observations: Sequence[Observation]) -> NDArray[np.int64]:
    """How many fronts must be peeled off before each; all have qualities."""
    ranks: NDArray[np.int64] = moocore.pareto_rank(
        np.array([x.heights for x in observations]), maximise=True
    )
    return ranks


def _near_front(observations: Sequence[Observation], wanted: int, room: int) -> list[int]:
    """`wanted` indices, or all of the front where it has more but for the room of the latest."""
    known = [i for i, x in enumerate(observations) if x.qualities and x.able]
    if not known:
        return []
    layers = rank([observations[i] for i in known])
    order = np.argsort(layers, kind="stable")
    return [known[i] for i in order[: min(max(wanted, int((layers == 0).sum())), room)]]
