"""Retraining of front members with new seeds: which one, and when."""

import math
from collections.abc import Sequence

import moocore
import numpy as np

from peftsearch.spaces.configurations.configuration import Configuration

from .goals.box import Side, place_heights
from .goals.observations import Observation, find_front
from .goals.reference_point import ReferencePoint

_DENSEST = 0.5
"""At most every second trial after the design is a repeat."""
_BIT = 1e-6
"""By which a quality is raised to see how much that moves the hypervolume."""


def repeat_due(share: float, budget: int | None, design: int, number: int, done: int) -> bool:
    """Whether trial `number` should be a repeat.

    Repeats are spread evenly over the trials after the design, so that the model can learn the
    seed noise early, and such that they end up as `share` of the budget.

    Args:
        share: Wanted share of the budget.
        budget: Number of trials of the job; None where hours limit it.
        design: Number of trials before the model took over.
        number: Of the trial to propose.
        done: Number of repeats so far.
    """
    after = number + 1 - design
    rate = share if budget is None else share * budget / max(budget - design, 1)
    return done + 1 <= min(rate, _DENSEST) * after + 1e-9


def choose_repeat(
    observations: Sequence[Observation], reference: ReferencePoint
) -> Configuration | None:
    """The front member whose uncertain quality matters most for the hypervolume.

    A member's quality moves the hypervolume by the width of its step, up to the next dearer
    member, and is known up to a standard error of sigma / sqrt(seeds): the one with the largest
    product is retrained. Seeds that are pending count. What does not beat the reference
    point's quality, a floor or the probe, has no step.

    The dearest member's step runs to the reference point, which lies far out for the hypervolume's
    sake: it counts as at most the widest of the others. Of equals the dearest is retrained.
    """
    front = [x for x in find_front(observations) if x.quality > reference.quality]
    front = [x for x in front if x.cost < reference.cost]
    if not front:
        return None
    places = [reference.axis(x.cost) for x in front]
    *widths, last = np.diff([*places, reference.axis(reference.cost)]).tolist()
    widths.append(min(last, max(widths)) if widths else last)
    seeds = (len(x.qualities) + x.pending for x in front)
    stakes = [width / math.sqrt(count) for width, count in zip(widths, seeds, strict=True)]
    chosen = max(range(len(front)), key=lambda i: (stakes[i], i))
    return front[chosen].configuration


def choose_repeat_in(
    box: Sequence[Side], observations: Sequence[Observation]
) -> Configuration | None:
    """The same with more goals: by how much the hypervolume grows with a member's quality, which
    of two goals is the width of its step, over the root of its seeds."""
    corner = [side.corner for side in box]
    front = find_front(observations)
    places = np.array([place_heights(x.heights, box) for x in front]).reshape(-1, len(box))
    inside = np.all(places > corner, axis=1)
    if not inside.any():
        return None
    whole = moocore.hypervolume(places, ref=corner, maximise=True)
    stakes = []
    for i, member in enumerate(front):
        raised = places.copy()
        raised[i, 0] += _BIT
        grown = moocore.hypervolume(raised, ref=corner, maximise=True) - whole
        seeds = len(member.qualities) + member.pending
        stakes.append(grown / math.sqrt(seeds) if inside[i] else -1.0)
    return front[stakes.index(max(stakes))].configuration
