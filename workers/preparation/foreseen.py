"""What a job's preparation makes the frozen model do, foreseen from the numbers of rows."""

from dataclasses import dataclass

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .linear_models import find_target
from .sampling import MOST_ROWS


@dataclass(frozen=True)
class Reading:
    """What a frozen model does.

    Attributes:
        read: Rows that it reads, in rows as long as the mean of the training rows.
        written: Responses that it writes, token by token.
    """

    read: float = 0.0
    written: float = 0.0


def foresee_reading(task: TaskSpec, rows: int, held_out: int, tokens: float) -> Reading:
    """What the floors and the head need; what an installed kind adds of its own is not known.

    Args:
        rows: Of the training split.
        held_out: Of the validation split.
        tokens: Of a training row, the mean.
    """
    if find_target(task.kind) is not None:
        return Reading(min(rows, MOST_ROWS) + held_out)
    read, written = find_kind(task.kind).load_work().foresee_reading(task, held_out, tokens)
    return Reading(read, written)


def foresee_writing(task: TaskSpec, held_out: int) -> Reading:
    """What each trial needs beside its passes, where its quality is generated."""
    if find_kind(task.kind).load_work().generated != task.quality:
        return Reading()
    return Reading(held_out, held_out)
