"""All configurations of a front against the best floor and tuned LoRA, and how it is told.

Of many comparisons some come out well by chance. Which ones count is decided for all of them
together, so that of what is claimed a stated share is expected to be false (Benjamini and
Hochberg, 1995).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from scipy.stats import false_discovery_control

from peftsearch.message_text import agree
from peftsearch.records.estimates import mean
from peftsearch.records.reading import Reading
from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.comparisons.intervals import Values, usual_variance
from peftsearch.results.wording import cell, plural, signed
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .arm_values import Judge
from .confirmation import UNRESOLVED, Arm, arm_json, tell_ends, tell_legend
from .spending import level_of, percent, spend, tell_reading
from .verdict import name_arm

WORDS = {1: "better", -1: "worse", 0: UNRESOLVED}


@dataclass(frozen=True)
class Comparison:
    """A configuration of the front against another arm.

    Attributes:
        adjusted: Its p-value among all: the smallest rate at which it would be claimed.
        claim: 1 better, -1 worse, 0 not claimed.
    """

    versus: Arm
    difference: Difference
    adjusted: float
    claim: int

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        other = self.versus.configuration
        key = None if other is None else other.key
        told = {"versus": self.versus.name, "versus_key": key, **self.difference.to_json()}
        return told | {"adjusted_p_value": self.adjusted, "verdict": WORDS[self.claim]}


@dataclass(frozen=True)
class FrontConfirmation:
    """Arms of the front in its order, each with its comparisons: the floor, then tuned LoRA.

    Attributes:
        intervals: The metric of each with its own interval; none of what was made up.
    """

    arms: tuple[Arm, ...]
    comparisons: tuple[tuple[Comparison, ...], ...]
    metric: str
    reading: Reading
    earlier: tuple[Reading, ...] = ()
    intervals: tuple[Difference, ...] = ()

    @property
    def rate(self) -> float:
        """Share of claims that is expected to be false, at most."""
        return spend(self.reading.number)

    def to_json(self, spec: JobSpec) -> dict[str, Any]:
        """Plain data for `--json` and the store."""
        # Of one name are LoRAs that were trained as long as the members beside which they stand.
        beside = [x.versus for row in self.comparisons for x in row]
        references = {(x.name, x.configuration and x.configuration.key): x for x in beside}
        members = [
            {"row": row, **arm_json(arm, self.metric, spec, own), "differences": told}
            for row, (arm, told, own) in enumerate(
                zip_longest(self.arms, self._told(), self.intervals), 1
            )
        ]
        return {
            "metric": self.metric,
            "test_rows": len(self.arms[0].runs[0].references),
            "front": members,
            "references": [arm_json(x, self.metric, spec) for x in references.values()],
            "level": level_of(self.reading),
            "false_discovery_rate": self.rate,
            "reading": vars(self.reading),
            "earlier_readings": [vars(x) for x in self.earlier],
            "verdict": tell_front(self),
        }

    def _told(self) -> list[list[dict[str, Any]]]:
        return [[x.to_json() for x in row] for row in self.comparisons]


def compare_front(
    judge: Judge, members: Sequence[Values], beside: Sequence[Sequence[Values]], level: float
) -> list[list[Difference]]:
    """Each member minus each of what stands beside it. Among many members some have seeds that
    agree by luck: for p-values no variance by seeds is taken to be smaller than the usual one.

    Args:
        members: Values of each, rows by seeds.
        beside: Of each member, the values of what it is compared with.
        level: Of the intervals, which are those of a single comparison.
    """
    distinct = {id(x): x for x in (*members, *(y for row in beside for y in row))}
    seeded = [x for x in distinct.values() if x.shape[1] > 1]
    usual, freedom = usual_variance(seeded) if seeded else (0.0, math.inf)

    def compare(left: Values, right: Values) -> Difference:
        parts = judge.compare(left, right)
        arms = sum(x.shape[1] > 1 for x in (left, right))
        bounded = replace(parts, usual=arms * usual, usual_freedom=freedom)
        return replace(parts.interval(level), p_value=bounded.p_value)

    return [[compare(x, y) for y in row] for x, row in zip(members, beside, strict=True)]


def claim_together(
    found: Sequence[Sequence[tuple[Arm, Difference]]], metric: str, rate: float
) -> tuple[tuple[Comparison, ...], ...]:
    """Which of all differences are claimed, so that of the claims a share of at most `rate` is
    expected to be false.

    Args:
        found: For each configuration what it is compared with, and the difference.
    """
    goal = objective(metric)
    chances = [x.p_value for row in found for _, x in row]
    adjusted = iter(false_discovery_control(chances).tolist())

    def judge(arm: Arm, difference: Difference) -> Comparison:
        chance = next(adjusted)
        side = 1 if goal.signed(difference.mean) > 0 else -1
        return Comparison(arm, difference, chance, side if chance <= rate else 0)

    return tuple(tuple(judge(*pair) for pair in row) for row in found)


def front_lines(found: FrontConfirmation, spec: JobSpec) -> list[str]:
    """What the terminal prints."""
    goal = objective(found.metric)
    rows, seeds = len(found.arms[0].runs[0].references), len(found.arms[0].runs)
    legend = tell_legend(found.intervals)
    text = [f"{goal.label} on {rows:,} test rows, {seeds} seeds of what is trained{legend}"]
    told = zip_longest(found.arms, found.comparisons, found.intervals)
    for row, (arm, comparisons, own) in enumerate(told, 1):
        value = f"{cell(goal.name, mean(arm.values(goal.name)))}{tell_ends(own, goal)}"
        parts = f"{arm.parameters(spec):>9,} parameters  {arm.describe(spec)}"
        text.append(f"  row {row:<3} {value}  {parts}")
        text += [f"    - {_tell(x, goal.name)}" for x in comparisons]
    return [*text, tell_reading(found.reading, found.earlier)]


def _tell(found: Comparison, name: str) -> str:
    difference, beside = found.difference, mean(found.versus.values(name))
    middle, low, high = (
        signed(name, x, beside) for x in (difference.mean, difference.low, difference.high)
    )
    ends = f"{percent(difference.level)} interval [{low}, {high}]"
    return f"{found.versus.name}: {middle}, {ends}: {WORDS[found.claim]}"


def tell_front(found: FrontConfirmation) -> str:
    """One plain sentence."""
    told = []
    for column in zip(*found.comparisons, strict=True):
        claims = [x.claim for x in column]
        better, worse = claims.count(1), claims.count(-1)
        beaten = f" ({worse} {agree(worse, 'are')} worse)" if worse else ""
        number = f"{better or 'none'} {agree(better or 1, 'are')}"
        told.append(f"{number} better than {name_arm(column[0].versus)}{beaten}")
    front = plural(len(found.arms), "configuration")
    return (
        f"In short: of {front} on the front {' and '.join(told)}; of such claims at most "
        f"{percent(found.rate)} are expected to be false (Benjamini-Hochberg)."
    )
