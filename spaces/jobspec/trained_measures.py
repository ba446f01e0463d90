"""What is measured of a trained model itself: whether a job of a task can have it."""

from collections.abc import Sequence
from typing import Protocol

from peftsearch.errors import UserError
from peftsearch.spaces.kinds.kind_table import find_kind

from .bounds import Bound
from .objectives import OBJECTIVES, Objective, objective
from .task import TaskSpec

_KEYS = {
    "reference": "a file of plain text, a passage in each line",
    "by": "the column whose values are the groups",
}
"""What the keys of `[objectives]` name that a measure may need."""
_WORDS = {"text": "a model that reads text", "causal": "a causal language model"}


class Asked(Protocol):
    """What of `[objectives]` says what is measured, and from what."""

    @property
    def bounds(self) -> tuple[str, ...]:
        """As a person wrote them."""

    @property
    def also(self) -> tuple[str, ...]:
        """Names."""

    @property
    def reference(self) -> str | None:
        """A file of plain text."""

    @property
    def by(self) -> str | None:
        """A column."""


def check_trained(wanted: Asked, task: TaskSpec, goals: Sequence[str]) -> None:
    """Refuse a measure of the trained model that this task cannot have, or that lacks what it is
    measured from, and a key that no measure reads.

    Raises:
        UserError: Says which.
    """
    bounded = [Bound.parse(text).name for text in wanted.bounds]
    named = map(objective, dict.fromkeys((*goals, *bounded, *wanted.also)))
    rows = [row for row in named if row.trained]
    for row in rows:
        _check_task(row, task)
        if row.needs and getattr(wanted, row.needs, None) is None:
            where = f"objectives.{row.needs}"
            expected = f"{where} for {row.name}, {_KEYS.get(row.needs, 'which it needs')}"
            raise UserError(expected, "none", "name it, or leave the measure out", where)
    for key in _KEYS.keys() - {row.needs for row in rows}:
        if getattr(wanted, key) is not None:
            able = ", ".join(x.name for x in OBJECTIVES.own.values() if x.needs == key)
            where = f"objectives.{key}"
            expected = f"a measure that reads {where} ({able})"
            raise UserError(expected, "none", "name one in objectives.also", where)


def _check_task(row: Objective, task: TaskSpec) -> None:
    kind, quality = find_kind(task.kind), objective(task.quality)
    reads = kind.form.inputs == "text"
    fits = {"any": True, "text": reads, "causal": kind.form.causal}[row.models]
    if not fits:
        expected, got = f"{_WORDS[row.models]} for {row.name}", f"task.kind = {task.kind!r}"
        other = "; feature_drift is of any model that reads text" if reads else ""
        raise UserError(expected, got, f"leave it out{other}", "objectives")
    if row.of_quality and quality.maximise is not row.maximise:
        expected = f"a quality of which more is better for {row.name}"
        hint = "name worst_group_loss in its place"
        raise UserError(expected, f"{quality.name}", hint, "objectives")
