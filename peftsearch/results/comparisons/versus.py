"""Two configurations of a job, or two groups of them, beside each other on its validation rows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import variance
from typing import Any, NamedTuple

from peftsearch.records.estimates import Estimate, mean
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .chance import Side as Place
from .chance import judge
from .sampling_errors import standard_error

PAIR_ERRORS = "pair-errors"
"""Kind of the reports beside a job with what predictions on the same rows say of differences."""

Group = Sequence[Estimate[Trial]]
Side = tuple[str, ...]
"""Trainings of a group, each as its key and its seed."""


class Parts(NamedTuple):
    """Of the variance of a difference: by the rows, and by the trainings as far as they differ."""

    rows: float
    seeds: float


Kept = Mapping[tuple[Side, Side], Parts]
"""What was found by predictions on the same rows, by the two sides."""


@dataclass(frozen=True)
class Noise:
    """How much trainings of one configuration differ, by those that the job trained repeatedly.

    Attributes:
        variance: Of the quality of one training; 0 where none was repeated.
        freedom: Degrees of freedom that tell it.
    """

    variance: float = 0.0
    freedom: int = 0

    @classmethod
    def of(cls, found: Iterable[Estimate[Trial]], quality: str) -> "Noise":
        """Pooled over configurations."""
        seeds = [[t.measurements[quality] for t in x.trials] for x in found]
        several = [x for x in seeds if len(x) > 1]
        freedom = sum(len(x) - 1 for x in several)
        squares = sum(variance(x) * (len(x) - 1) for x in several)
        return cls(squares / freedom, freedom) if freedom else cls()


@dataclass(frozen=True)
class Versus:
    """One group minus another.

    Attributes:
        gain: Of the mean quality of all trainings; positive where the first is better.
        error: Standard error of the difference; None where nothing tells it.
        paired: Whether it is that of answers to the same rows; else as if both had rows of their
            own, which is rather too large.
        tried: Configurations of which the one that leads is the best.
    """

    left: Group
    right: Group
    gain: float
    error: float | None
    paired: bool
    tried: int = 1

    @property
    def errors(self) -> float | None:
        """The difference in standard errors, without its sign."""
        return abs(self.gain) / self.error if self.error else None

    @property
    def unsure(self) -> str:
        """What is to be said of the gain in place of an error; empty where there is one."""
        if self.error:
            return ""
        alike = self.error == 0 and not self.gain
        return "all rows are answered alike" if alike else "nothing tells how much of it is chance"

    @property
    def verdict(self) -> Place:
        """`level` unless the difference is more than chance gives the best of so many."""
        return judge(self.gain, self.error, self.tried)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "left": [x.key for x in self.left],
            "right": [x.key for x in self.right],
            "gain": self.gain,
            "standard_error": self.error,
            "standard_errors": self.errors,
            "paired": self.paired,
            "verdict": self.verdict,
        }


def hold_against(
    left: Group,
    right: Group,
    spec: JobSpec,
    kept: Kept,
    noise: Noise,
    tried: tuple[int, int] = (1, 1),
) -> Versus:
    """One group beside another.

    Args:
        kept: What is known of differences by predictions.
        noise: Of one training, below which no difference of trainings is believed.
        tried: Configurations of which the first, and the second, is the best.
    """
    goal = objective(spec.task.quality)
    gain = goal.signed(_mean(left, goal.name)) - goal.signed(_mean(right, goal.name))
    parts = kept.get((name_side(left), name_side(right)))
    paired = parts is not None
    parts = parts or _apart(left, right, spec)
    error = None
    if parts is not None:
        count = sum(1 / len(name_side(x)) for x in (left, right))
        error = math.sqrt(parts.rows + max(parts.seeds, noise.variance * count))
    return Versus(left, right, gain, error, paired, tried[0] if gain > 0 else tried[1])


def name_side(group: Group) -> Side:
    """The trainings of a group, in one order."""
    return tuple(sorted(f"{t.key}:{t.seed}" for x in group for t in x.trials))


def _mean(group: Group, quality: str) -> float:
    return mean(t.measurements[quality] for x in group for t in x.trials)


def _apart(left: Group, right: Group, spec: JobSpec) -> Parts | None:
    """As if the two had rows of their own; None where nothing tells what rows do."""
    rows = [standard_error(group[0], spec) for group in (left, right)]
    seeds = [_between(group, spec.task.quality) for group in (left, right)]
    if None in rows:
        return None
    return Parts(sum(x**2 for x in rows if x is not None), sum(seeds))


def _between(group: Group, quality: str) -> float:
    """Variance of the mean of trainings, by how they differ; 0 of a single one."""
    values = [t.measurements[quality] for x in group for t in x.trials]
    return variance(values) / len(values) if len(values) > 1 else 0.0


def read_kept(documents: Iterable[Mapping[str, Any]]) -> dict[tuple[Side, Side], Parts]:
    """What reports of the kind `PAIR_ERRORS` say, the last word last."""
    pairs = (pair for document in documents for pair in document.get("pairs", ()))
    return {(tuple(x["left"]), tuple(x["right"])): Parts(x["rows"], x["seeds"]) for x in pairs}
