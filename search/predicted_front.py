"""The front that the model expects over a job's space, most of which nobody trained."""

from collections.abc import Sequence
from typing import NamedTuple

from peftsearch.records.axes import cost_of
from peftsearch.records.expectation import Expectation
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.space.neighbours import neighbours

from .belief import Belief
from .surrogates.surrogate import spread_evenly

_ROUNDS, _CLIMBERS, _LIMIT = 4, 16, 2_000
"""Edits in a row, configurations of each round that are edited, and configurations in all."""
_STEPS = 24
"""A step of the front gains at least one part in so many of its whole rise."""


class Predicted(NamedTuple):
    """A configuration with its exact cost, and what is expected of it."""

    configuration: Configuration
    cost: float
    expectation: Expectation


def predict_front(belief: Belief) -> list[Predicted]:
    """The configurations with the best expected quality for their cost, in ascending cost.

    Looked at are those that the belief knows, and by single edits what is around the front that it
    expects, four times in a row; of a closed space all. Of a job with one cost: `box.is_plain`.
    """
    if belief.space.members:
        members = [x for x in belief.space.members if belief.space.feasible(x)]
        chosen = [members[i] for i in spread_evenly(len(members), 10 * _LIMIT)]
        return _thin(_best_for_cost(_predict(belief, chosen), belief), belief)
    found = {
        x.configuration.key: x for x in _predict(belief, [x.configuration for x in belief.told])
    }
    front = _best_for_cost(list(found.values()), belief)
    for _ in range(_ROUNDS):
        near = [front[i].configuration for i in spread_evenly(len(front), _CLIMBERS)]
        around = {y.key: y for x in near for y in neighbours(belief.space, x)}
        new = [x for key, x in around.items() if key not in found][: _LIMIT - len(found)]
        if not new:
            break
        found |= {x.configuration.key: x for x in _predict(belief, new)}
        front = _best_for_cost(list(found.values()), belief)
    return _thin(front, belief)


def _predict(belief: Belief, configurations: Sequence[Configuration]) -> list[Predicted]:
    expected = belief.expect(configurations)
    return [
        Predicted(x, cost_of(belief.spec, x), found)
        for x, found in zip(configurations, expected, strict=True)
    ]


def _height(one: Predicted, belief: Belief) -> float:
    return objective(belief.spec.task.quality).signed(one.expectation.mean)


def _best_for_cost(found: Sequence[Predicted], belief: Belief) -> list[Predicted]:
    """Those that are expected to be better than the floor and than all that cost no more."""
    front, best = list[Predicted](), belief.reference.lowest
    for one in sorted(found, key=lambda x: (x.cost, -_height(x, belief))):
        if _height(one, belief) > best:
            front.append(one)
            best = _height(one, belief)
    return front


def _thin(front: Sequence[Predicted], belief: Belief) -> list[Predicted]:
    """Without the many that gain next to nothing; with the first and the best."""
    if not front:
        return []
    heights = [_height(x, belief) for x in front]
    least, kept = (heights[-1] - heights[0]) / _STEPS, [0]
    for i, height in enumerate(heights):
        if height - heights[kept[-1]] > least:
            kept.append(i)
    if kept[-1] != len(front) - 1:
        kept.append(len(front) - 1)
    return [front[i] for i in kept]
