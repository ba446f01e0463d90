"""What a confirmation found: arms, the differences between them, and how they are told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from peftsearch.records.estimates import mean, standard_error
from peftsearch.records.reading import Reading
from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.wording import cell, describe, signed
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.configurations.recipes import RANK
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .plan import USUAL, first_seeds
from .spending import level_of, percent

SEEDS = first_seeds(USUAL)
TUNED = f"uniform LoRA r={RANK}"
"""Name of the arm that is the usual adapter at its best rate."""

UNRESOLVED = "not told apart"
"""What is said of two whose difference has an interval with 0 in it, wherever it is told."""

SWEPT = "best of the sweep"
"""Name of the arm that is the best of the job's LoRA sweep by validation."""


@dataclass(frozen=True)
class Run:
    """One training of one arm, scored on one split; predictions and references as of `Outcome`."""

    measurements: Mapping[str, float]
    predictions: list[float] | list[list[float]]
    references: list[float]


@dataclass(frozen=True)
class Arm:
    """What is compared, with its runs on the test split.

    Attributes:
        configuration: None of a floor, a model without an adapter and a head.
        runs: One for each seed; one of a floor.
        label: Of a floor, for people; empty of a configuration, which describes itself.
    """

    name: str
    configuration: Configuration | None
    runs: tuple[Run, ...]
    label: str = ""

    def values(self, metric: str) -> list[float]:
        """The metric of each seed."""
        return [run.measurements[metric] for run in self.runs]

    def parameters(self, spec: JobSpec) -> int:
        """Trainable ones of the adapter."""
        found = self.configuration
        return 0 if found is None else trainable_parameters(found, spec.anatomy)

    def describe(self, spec: JobSpec) -> str:
        """The arm in words."""
        found = self.configuration
        return self.label if found is None else describe(found, spec.anatomy)


@dataclass(frozen=True)
class Confirmation:
    """The picked arm first, then what it is compared with; a difference for each of those.

    Attributes:
        reading: Of the test split; None where nobody entered one.
        earlier: Readings of the same rows before it.
        width: That was asked for, of the interval of the picked arm minus tuned LoRA.
        intervals: Each arm's metric with its own interval; none of one that was made up.
    """

    arms: tuple[Arm, ...]
    differences: tuple[Difference, ...]
    metric: str
    reading: Reading | None = None
    earlier: tuple[Reading, ...] = ()
    width: float | None = None
    intervals: tuple[Difference, ...] = ()

    @property
    def pairs(self) -> list[tuple[Arm, Difference]]:
        """What the picked arm is compared with, and how it stands there."""
        return list(zip(self.arms[1:], self.differences, strict=True))

    def to_json(self, spec: JobSpec) -> dict[str, Any]:
        """Plain data for `--json` and the store."""
        return {
            "metric": self.metric,
            "seeds": list(first_seeds(len(self.arms[0].runs))),
            "test_rows": len(self.arms[0].runs[0].references),
            "arms": [arm_json(arm, self.metric, spec, own) for arm, own in self.with_intervals()],
            "differences": [{"versus": arm.name, **x.to_json()} for arm, x in self.pairs],
            "level": level_of(self.reading),
            "width": self.width,
            "reading": None if self.reading is None else vars(self.reading),
            "earlier_readings": [vars(x) for x in self.earlier],
        }

    def with_intervals(self) -> Iterable[tuple[Arm, Difference | None]]:
        """The arms, each with its own interval where it is known."""
        return zip_longest(self.arms, self.intervals)


def arm_json(
    arm: Arm, metric: str, spec: JobSpec, own: Difference | None = None
) -> dict[str, Any]:
    """An arm as plain data.

    Args:
        own: Its metric with its interval; None where nobody computed it.
    """
    return {
        "name": arm.name,
        "key": None if arm.configuration is None else arm.configuration.key,
        "values": arm.values(metric),
        "mean": mean(arm.values(metric)),
        "standard_error": standard_error(arm.values(metric)),
        "interval": None if own is None else [own.low, own.high],
        "trainable_parameters": arm.parameters(spec),
        "description": arm.describe(spec),
        "configuration": None if arm.configuration is None else arm.configuration.to_json(),
    }


def lines(confirmation: Confirmation, spec: JobSpec) -> Sequence[str]:
    """What the terminal prints."""
    rows = len(confirmation.arms[0].runs[0].references)
    goal = objective(confirmation.metric)
    seeds = f"{_tell_seeds(confirmation)} seeds of what is trained"
    text = [f"{goal.label} on {rows:,} test rows, {seeds}{tell_legend(confirmation.intervals)}"]
    for arm, own in confirmation.with_intervals():
        values = arm.values(confirmation.metric)
        centre = f"{cell(goal.name, mean(values))}{tell_ends(own, goal)}"
        each = " ".join(cell(goal.name, value) for value in values)
        text.append(
            f"  {arm.name:17} {centre}  ({each})  {arm.parameters(spec):>9,} parameters  "
            f"{arm.describe(spec)}"
        )
    for arm, difference in confirmation.pairs:
        verdict = _verdict(difference, arm.name, goal)
        middle, low, high = (
            signed(goal.name, x, mean(arm.values(goal.name)))
            for x in (difference.mean, difference.low, difference.high)
        )
        ends = f"{percent(difference.level)} interval [{low}, {high}]"
        text.append(f"  picked - {arm.name}: {middle}, {ends}: {verdict}")
    return text


def tell_legend(intervals: Sequence[Difference]) -> str:
    """What the brackets behind each mean hold; nothing where there are none."""
    if not intervals:
        return ""
    return f"; in brackets the {percent(intervals[0].level)} interval by rows and seeds"


def tell_ends(found: Difference | None, goal: Objective) -> str:
    """`  [0.8100, 0.8900]` behind a mean; nothing of one whose interval nobody computed."""
    if found is None:
        return ""
    return f"  [{cell(goal.name, found.low)}, {cell(goal.name, found.high)}]"


def _tell_seeds(confirmation: Confirmation) -> str:
    """`3`, or `3 to 7` where a width asked for more of some."""
    counts = {len(x.runs) for x in confirmation.arms if x.configuration is not None}
    return " to ".join(f"{x}" for x in sorted({min(counts), max(counts)}))


def _verdict(difference: Difference, name: str, goal: Objective) -> str:
    if not difference.resolved:
        return f"{UNRESOLVED} by these rows and seeds"
    return (
        "the picked point is better"
        if goal.signed(difference.mean) > 0
        else f"the {name} is better"
    )
