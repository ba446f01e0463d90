"""Rows by the value of a column of the data, and which of these groups can be the worst."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from peftsearch.errors import UserError
from peftsearch.message_text import plural, show
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .label_folding import find_class

Members = dict[str, NDArray[np.int64]]
"""Indices of the rows of each group."""
Labels = Sequence[Any] | NDArray[Any]


class Told(NamedTuple):
    """A metric of the rows of a group.

    Attributes:
        classes: How many; 0 of kinds without.
        positive: Index of the class that the task names; None where it names none.
    """

    metric: str
    kind: str
    classes: int
    positive: int | None = None

    @classmethod
    def of(cls, task: TaskSpec, names: Sequence[str]) -> Self:
        """The job's quality.

        Args:
            names: Of the classes, by index.
        """
        named = None if task.positive is None else find_class(task.positive, names)
        return cls(task.quality, task.kind, len(names), named)

    @property
    def one(self) -> int | None:
        """Index of the class that a metric of one class is of; None where it is of all."""
        return 1 if self.positive is None and self.classes == 2 else self.positive


def part_rows(column: str, values: Sequence[str], fewest: int) -> Members:
    """The groups with enough rows.

    Args:
        values: Of the column, `n`.

    Raises:
        UserError: None has enough, or only one.
    """
    names, counts = np.unique(np.asarray(values), return_counts=True)
    large = names[counts >= fewest]
    if len(large) < 2:
        raise UserError(
            f"a column objectives.by with at least two groups of {fewest} validation rows or more",
            f"{plural(len(names), 'group')} by {show(column)}, the largest of {counts.max()}",
            "name another, or lower objectives.by_rows",
            "objectives.by",
        )
    return {str(x): np.flatnonzero(np.asarray(values) == x) for x in large}


def keep_tellable(groups: Members, references: Labels, said: Told) -> Members:
    """Those that can have a value (`find_tellable`).

    Raises:
        UserError: Fewer than two can.
    """
    found = find_tellable(groups, references, said)
    if len(found) < 2:
        expected = f"two groups with rows of several classes, for {said.metric} of the worst"
        hint = "name another column, or set task.metric = 'accuracy'"
        raise UserError(expected, f"{len(found)}", hint, "objectives.by")
    return found


def find_tellable(groups: Members, references: Labels, said: Told) -> Members:
    """Groups that can have a value: of what compares classes, those that have the class that it
    is of and another. Else a group of one class would have 0, or chance, whatever the model does.

    Args:
        references: Labels of all `n` rows.
    """
    goal, labels = objective(said.metric), np.asarray(references)
    if not find_kind(said.kind).classes or goal.share or goal.graded:
        return groups
    return {k: x for k, x in groups.items() if _has_classes(goal, labels[x], said.one)}


def check_groups(
    spec: JobSpec, values: Sequence[str], labels: Sequence[Any], names: Sequence[str]
) -> None:
    """Refuse groups that no trial could measure, before any is trained.

    Args:
        values: Of `objectives.by`, `n`; not looked at where nothing asks for groups.
        labels: `n`.
        names: Of the classes, by index.

    Raises:
        UserError: As `part_rows` and `keep_tellable`.
    """
    if spec.objectives.by is None:
        return
    groups = part_rows(spec.objectives.by, values, spec.objectives.by_rows)
    if "worst_group" in spec.of_trained:
        keep_tellable(groups, labels, Told.of(spec.task, names))


def _has_classes(goal: Objective, labels: NDArray[Any], one: int | None) -> bool:
    present = np.unique(labels)
    named = not goal.of_class or one is None or one in present
    return bool(named and len(present) > 1)
