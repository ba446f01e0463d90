"""The metric of a confirmation's picked arm by groups of rows, and the worst of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from peftsearch.errors import UserError
from peftsearch.message_text import as_line, shorten
from peftsearch.records.estimates import mean
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.workers.preparation.opened_job import OpenedJob

from .arm_values import Judge
from .confirmation import Arm, Confirmation
from .differences import Difference
from .intervals import compare_values
from .spending import level_of, percent
from .wording import cell, plural

FEWEST, MOST = 5, 50
"""Rows of a group that has an interval, and groups that a column may have."""


@dataclass(frozen=True)
class Group:
    """A value of the column.

    Attributes:
        rows: How many have it.
        found: The metric there, with its interval.
    """

    name: str
    rows: int
    found: Difference

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        ends = {"mean": self.found.mean, "low": self.found.low, "high": self.found.high}
        return {"group": self.name, "rows": self.rows, **ends}


@dataclass(frozen=True)
class Groups:
    """All groups with enough rows, the worst first.

    Attributes:
        whole: The metric of all rows.
        level: Chance with which all intervals hold together.
        left_out: Groups with fewer rows.
    """

    column: str
    metric: str
    whole: float
    level: float
    groups: tuple[Group, ...]
    left_out: int

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        told = [x.to_json() for x in self.groups]
        known = {"column": self.column, "level": self.level, "left_out": self.left_out}
        return known | {"groups": told, "worst": self.groups[0].name}


def part_groups(column: str, values: Sequence[str]) -> tuple[list[tuple[str, int]], int]:
    """Groups that have enough rows, each with how many, and the number of the others.

    Raises:
        UserError: There are too many groups, or none has enough rows.
    """
    known, counts = np.unique(np.asarray(values), return_counts=True)
    large = [(str(x), int(n)) for x, n in zip(known, counts, strict=True) if n >= FEWEST]
    if not large or len(known) > MOST:
        raise UserError(
            f"a column of at most {MOST} groups, one of them with {FEWEST} rows or more",
            f"{plural(len(known), 'group')} by {column!r}, the largest with {counts.max()} rows",
            "name another column",
            "by",
        )
    return large, len(known) - len(large)


def find_groups(
    judge: Judge, arm: Arm, column: str, values: Sequence[str], level: float
) -> Groups:
    """The metric in each group, at the mean of the arm's seeds.

    Args:
        values: Of the column, one for each test row.
        level: Chance with which all intervals are to hold together (Bonferroni), so that the one
            of the worst does.

    Raises:
        UserError: As `part_groups`.
    """
    large, small = part_groups(column, values)
    names = np.asarray(values)
    own = 1 - (1 - level) / len(large)
    goal = objective(judge.metric)
    found = [Group(x, n, _measure(judge, arm, names == x, own)) for x, n in large]
    found.sort(key=lambda x: goal.signed(x.found.mean))
    whole = mean(arm.values(judge.metric))
    return Groups(column, judge.metric, whole, level, tuple(found), small)


def _measure(judge: Judge, arm: Arm, chosen: Any, level: float) -> Difference:
    answers = [np.asarray(run.predictions)[chosen] for run in arm.runs]
    references = np.asarray(arm.runs[0].references)[chosen]
    found = compare_values(judge.layout(answers, references), counted=judge.counted)
    told = found.interval(level)
    if not judge.counted:
        return told
    return Difference(told.mean, max(0.0, told.low), min(1.0, told.high), told.error, level)


def group_lines(found: Groups) -> list[str]:
    """What the terminal prints."""
    level = percent(found.level)
    told = [f"by {_show(found.column)}; intervals hold at {level} for all groups together"]
    for group in found.groups:
        middle, low, high = (
            cell(found.metric, x) for x in (group.found.mean, group.found.low, group.found.high)
        )
        rows = plural(group.rows, "row")
        told.append(f"  {_name(group):17} {middle}  [{low}, {high}]  {rows}")
    if found.left_out:
        told.append(f"  {plural(found.left_out, 'group')} of fewer than {FEWEST} rows left out")
    return [*told, _tell_worst(found)]


def tell_groups(
    job: OpenedJob, found: Confirmation, column: str | None, values: Sequence[str]
) -> tuple[list[str], dict[str, Any]]:
    """Lines of the groups of a confirmation, and their plain data; nothing without a column.

    Raises:
        UserError: As `find_groups`.
    """
    if column is None:
        return [], {}
    judge, level = Judge.of(job, found.metric), level_of(found.reading)
    groups = find_groups(judge, found.arms[0], column, values, level)
    return group_lines(groups), {"by": groups.to_json()}


def _tell_worst(found: Groups) -> str:
    worst, whole = found.groups[0], cell(found.metric, found.whole)
    if len(found.groups) == 1:
        return f"there is one group, {_name(worst)}"
    within = worst.found.low <= found.whole <= worst.found.high
    chance = ", which may be chance" if within else ""
    value = cell(found.metric, worst.found.mean)
    return f"worst group: {_name(worst)}, {value} beside {whole} of all rows{chance}"


def _name(group: Group) -> str:
    return _show(group.name) or "(empty)"


def _show(text: str) -> str:
    """A text of the data on a line of its own, which no terminal obeys."""
    return shorten(as_line(text))
