"""What a job's model expects of configurations, as plain data: for the API and notebooks alike."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from peftsearch.records.axes import cost_of
from peftsearch.results.wording import describe
from peftsearch.search.belief import Belief
from peftsearch.search.goals.box import is_plain
from peftsearch.search.predicted_front import predict_front
from peftsearch.spaces.configurations.configuration import Configuration


class Believed(TypedDict):
    """A configuration, and what the model expects of it.

    Attributes:
        mean: Expected quality.
        low: Lower end of the 95 % interval.
        high: Upper end.
        cost: Of the job's cost objective, exact.
        words: The configuration.
        trained: Whether the model has seen a result of it.
    """

    key: str
    words: str
    cost: float
    mean: float
    low: float
    high: float
    trained: bool


def believe_each(belief: Belief, configurations: Sequence[Configuration]) -> list[Believed]:
    """One for each, in their order."""
    trained = {x.configuration.key for x in belief.known if x.qualities}
    return [
        {
            "key": x.key,
            "words": describe(x, belief.spec.anatomy),
            "cost": cost_of(belief.spec, x),
            "mean": found.mean,
            "low": found.low,
            "high": found.high,
            "trained": x.key in trained,
        }
        for x, found in zip(configurations, belief.expect(configurations), strict=True)
    ]


def believed_front(belief: Belief | None) -> list[Believed] | None:
    """The front that the model expects, in ascending cost; None where too little is known, and of
    a job whose front has more than one cost or limits on what is measured."""
    if belief is None or not is_plain(belief.spec):
        return None
    return believe_each(belief, [x.configuration for x in predict_front(belief)])
