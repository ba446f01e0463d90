"""The metric of a confirmation's picked arm by groups of rows, and the worst of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peftsearch.errors import UserError
from peftsearch.message_text import as_line, shorten
from peftsearch.records.estimates import mean
from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.wording import cell, plural
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.workers.data.row_groups import Told, find_tellable
from peftsearch.workers.preparation.opened_job import OpenedJob

from .arm_values import Judge
from .confirmation import Arm, Confirmation
from .spending import level_of, percent

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
        small: Rows of the groups that have too few.
        single: Rows of those that have rows of one class, of which the metric tells nothing.
    """

    column: str
    metric: str
    whole: float
    level: float
    groups: tuple[Group, ...]
    small: Mapping[str, int] = field(default_factory=dict)
    single: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        told = [x.to_json() for x in self.groups]
        left = {"too_few_rows": self.small, "one_class": self.single}
        known = {
            "column": self.column,
            "level": self.level,
            "left_out": len(self.small) + len(self.single),
            "left_out_rows": {reason: dict(rows) for reason, rows in left.items()},
            "left_out_words": _tell_left(self),
        }
        more = {"worst": self.groups[0].name, "told": group_lines(self)}
        return known | {"groups": told} | more


def part_groups(column: str, values: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Rows of the groups that have enough of them, and of those that have too few.

    Raises:
        UserError: There are too many groups, or none has enough rows.
    """
    counts = Counter(values)
    large = {name: counts[name] for name in sorted(counts) if counts[name] >= FEWEST}
    if not large or len(counts) > MOST:
        raise UserError(
            f"a column of at most {MOST} groups, one of them with {FEWEST} rows or more",
            f"{plural(len(counts), 'group')} by {column!r}, the largest with "
            f"{max(counts.values())} rows",
            "name another column",
            "by",
        )
    return large, {name: counts[name] for name in sorted(counts) if name not in large}


def find_groups(
    judge: Judge, arm: Arm, column: str, values: Sequence[str], level: float
) -> Groups:
    """The metric in each group, at the mean of the arm's seeds.

    Args:
        values: Of the column, one for each test row.
        level: Chance with which all intervals are to hold together (Bonferroni), so that the one
            of the worst does.

    Raises:
        UserError: As `part_groups`, or the metric tells nothing of any group.
    """
    large, small = part_groups(column, values)
    names = np.asarray(values)
    rows = {name: np.flatnonzero(names == name) for name in large}
    told = Told(judge.metric, judge.kind, judge.classes, judge.positive)
    kept = find_tellable(rows, arm.runs[0].references, told)
    if not kept:
        expected = f"a column with rows of several classes in a group, for {judge.metric}"
        raise UserError(expected, f"none by {column!r}", "name another column", "by")
    own = 1 - (1 - level) / len(kept)
    goal = objective(judge.metric)
    found = [Group(x, large[x], _measure(judge, arm, chosen, own)) for x, chosen in kept.items()]
    found.sort(key=lambda x: goal.signed(x.found.mean))
    single = {name: large[name] for name in large if name not in kept}
    whole = mean(arm.values(judge.metric))
    return Groups(column, judge.metric, whole, level, tuple(found), small, single)


def _measure(judge: Judge, arm: Arm, chosen: Any, level: float) -> Difference:
    answers = [np.asarray(run.predictions)[chosen] for run in arm.runs]
    references = np.asarray(arm.runs[0].references)[chosen]
    return judge.on(answers[0], references).interval(judge.layout(answers, references), level)


def group_lines(found: Groups) -> list[str]:
    """What the terminal prints."""
    level = percent(found.level)
    told = [f"by {_show(found.column)}; intervals hold at {level} for all groups together"]
    for group in found.groups:
        middle, low, high = (
            cell(found.metric, x) for x in (group.found.mean, group.found.low, group.found.high)
        )
        rows = plural(group.rows, "row")
        told.append(f"  {_call(group.name):17} {middle}  [{low}, {high}]  {rows}")
    told += [f"  {x}" for x in _tell_left(found)]
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
        return f"there is one group, {_call(worst.name)}"
    within = worst.found.low <= found.whole <= worst.found.high
    chance = ", which may be chance" if within else ""
    value = cell(found.metric, worst.found.mean)
    return f"worst group: {_call(worst.name)}, {value} beside {whole} of all rows{chance}"


def _tell_left(found: Groups) -> list[str]:
    """Which groups are left out and why, with their rows."""
    reasons = {
        f"fewer than {FEWEST} rows": found.small,
        f"rows of one class, of which {found.metric} tells nothing": found.single,
    }
    return [f"left out, {why}: {_name_rows(rows)}" for why, rows in reasons.items() if rows]


def _name_rows(rows: Mapping[str, int]) -> str:
    """`few 2, rare 1`."""
    return ", ".join(f"{_call(name)} {number}" for name, number in rows.items())


def _call(name: str) -> str:
    return _show(name) or "(empty)"


def _show(text: str) -> str:
    """A text of the data on a line of its own, which no terminal obeys."""
    return shorten(as_line(text))
