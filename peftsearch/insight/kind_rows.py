"""The table of kinds of task as clients read it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import TypedDict

from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.spaces.kinds.kind_table import KINDS, find_kind


class KindRow(TypedDict):
    """A kind of task.

    Attributes:
        title: For people.
        columns: Sets of columns of the task section with their usual names; any of the later ones
            may stand in place of the first.
        qualities: Names of objectives; the first is the default.
        inputs: What the model reads.
        automatic: The class of transformers that loads a model for it.
        fresh_head: Whether a head is trained anew in every trial, which no cost counts.
        baseline: What a model without an adapter is called.
        classes: Whether answers are classes, whose probabilities can be calibrated.
    """

    name: str
    title: str
    columns: Sequence[Mapping[str, str]]
    qualities: Sequence[str]
    inputs: Literal["text", "images"]
    automatic: str
    fresh_head: bool
    baseline: str
    classes: bool


def kind_rows() -> list[KindRow]:
    """The table, kinds of installed plug-ins last."""
    return [_row(x) for x in KINDS.usable()]


def kind_row(name: str) -> KindRow:
    """The row of that name.

    Raises:
        UserError: There is none.
    """
    return _row(find_kind(name))


def _row(kind: TaskKind) -> KindRow:
    return {
        "name": kind.name,
        "title": kind.title,
        "columns": kind.columns,
        "qualities": kind.qualities,
        "inputs": kind.form.inputs,
        "automatic": kind.form.automatic,
        "fresh_head": kind.form.fresh_head,
        "baseline": kind.baseline,
        "classes": kind.classes,
    }
