"""What the models of jobs tell, computed once for the routes that ask."""

from typing import NamedTuple

from peftsearch.insight.beliefs import belief_of
from peftsearch.search.belief import Belief

from .past import History


class Told(NamedTuple):
    """A belief; None of a job of which too little is known.

    Attributes:
        event: Of the job, as of which it is.
    """

    event: int
    belief: Belief | None


def believe(history: History) -> Told:
    """That of a history, or a slightly older one while the newest is computed."""
    return history.slow_values.get("belief", history.event, lambda: _compute(history))


def _compute(history: History) -> Told:
    found = belief_of(history.points, history.job.spec, history.preparation)
    return Told(history.event, found)
