"""The best point of a front, so that no list of trials is needed."""

from collections.abc import Sequence
from dataclasses import dataclass

from peftsearch.records.front_points import FrontPoint
from peftsearch.results.wording import describe
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec


@dataclass(frozen=True)
class Best:
    """The front's point of the best quality.

    Attributes:
        value: Its quality, the mean over its seeds.
        trial: Number of its first trial.
        trials: Of all that it is the mean of.
        words: Its configuration in words.
    """

    value: float
    trial: int
    words: str
    trials: tuple[int, ...] = ()


def best_of(front: Sequence[FrontPoint], spec: JobSpec, anatomy: Anatomy) -> Best | None:
    """The front's best; of equals the cheapest. None while the front is empty.

    Args:
        front: By ascending cost.
    """
    goal, name = objective(spec.task.quality), spec.task.quality
    point = max(front, key=lambda x: goal.signed(x.values[name]), default=None)
    if point is None:
        return None
    words = describe(point.configuration, anatomy)
    return Best(point.values[name], point.trials[0], words, tuple(point.trials))
