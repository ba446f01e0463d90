"""From a table to rows of a task's kind: what identifies a row, and what is to be predicted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .missing_cells import check_present
from .partition import Text
from .table import Table, find_first


@dataclass(frozen=True)
class Split:
    """`n` examples.

    Attributes:
        texts: The inputs of each row, which tell it from others: the text or the pair; context and
            choices; the prompt (of messages as JSON); of an image the hash of its pixels.
        labels: Class indices, indices of the right choice, or numbers as they were in the source;
            of a language model the responses (of messages the last one, as JSON).
        notes: What a person should know about it, one line each.
        images: The images; empty for other kinds.
        groups: The value of `task.group` in each row, None where there is none; empty where the
            job names no such column, or the source has none.
        by: The value of `objectives.by` in each row, as text; empty where nothing asks for it.
    """

    texts: list[Text]
    labels: list[int] | list[float] | list[str]
    notes: tuple[str, ...] = ()
    images: Sequence[Any] = ()
    groups: Sequence[str | None] = ()
    by: Sequence[str] = ()

    def pick(self, indices: Sequence[int]) -> "Split":
        """Some of the rows, without the notes."""
        labels: Any = [self.labels[i] for i in indices]
        images = [self.images[i] for i in indices] if self.images else ()
        groups = [self.groups[i] for i in indices] if self.groups else ()
        by = [self.by[i] for i in indices] if self.by else ()
        texts = [self.texts[i] for i in indices]
        return Split(texts, labels, images=images, groups=groups, by=by)


def read_rows(task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
    """All rows of a table.

    Args:
        classes: Names of the classes, in the order of their indices; empty for other kinds.

    Raises:
        UserError: A value is missing or is not what its column should hold.
    """
    rows: Split = find_kind(task.kind).load_work().read(task, table, classes)
    return rows


def name_strata(kind: str, rows: Split) -> list[str]:
    """What held-out rows are stratified by: the class, or one stratum for all of other kinds."""
    strata: list[str] = find_kind(kind).load_work().strata(rows)
    return strata


def read_texts(table: Table, columns: Sequence[str]) -> list[Text]:
    """One or two texts of each of `n` rows.

    Raises:
        UserError: One is missing or is no text.
    """
    return list(zip(*(read_column(table, name) for name in columns), strict=True))


def read_column(table: Table, column: str) -> list[str]:
    """One text of each of `n` rows.

    Raises:
        UserError: One is missing or is no text.
    """
    check_present(table, column)
    values = table.columns[column]
    if found := find_first(values, table.origin, lambda x: not isinstance(x, str)):
        got = f"{type(found[0]).__name__} at {found[1]}"
        raise UserError(f"text in column {column!r}", got, "check the columns under [task]")
    return values
