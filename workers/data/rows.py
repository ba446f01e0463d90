"""From a table to rows of a task's kind: what identifies a row, and what is to be predicted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.task import TaskSpec

from .dialogues import read_dialogues
from .labels import (
    check_present,
    check_varied,
    index_classes,
    read_classes,
    read_numbers,
)
from .multiple_choice import index_choices, read_choices
from .partition import Text
from .sources import Table


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
    """

    texts: list[Text]
    labels: list[int] | list[float] | list[str]
    notes: tuple[str, ...] = ()
    images: Sequence[Any] = ()

    def pick(self, indices: Sequence[int]) -> "Split":
        """Some of the rows, without the notes."""
        labels: Any = [self.labels[i] for i in indices]
        images = [self.images[i] for i in indices] if self.images else ()
        return Split([self.texts[i] for i in indices], labels, images=images)


def read_rows(task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
    """All rows of a table.

    Args:
        classes: Names of the classes, in the order of their indices; empty for other kinds.

    Raises:
        UserError: A value is missing or is not what its column should hold.
    """
    return _READERS[task.kind](task, table, classes)


def name_strata(kind: str, rows: Split) -> list[str]:
    """What held-out rows are stratified by: the class, or one stratum for all of other kinds."""
    if kind not in ("classification", "image_classification"):
        return [""] * len(rows.labels)
    return [f"{label:09}" for label in rows.labels]


def _read_classification(task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
    return Split(_read_texts(table, task.text_columns), _read_labels(task, table, classes))


def _read_regression(task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
    texts = _read_texts(table, task.text_columns)
    labels = read_numbers(table, str(task.label))
    check_varied(labels, table)
    return Split(texts, labels)


def _read_multiple_choice(task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
    contexts = _read_texts(table, task.text_columns)
    choices = read_choices(table, task.choice_columns)
    labels = index_choices(table, str(task.label), choices)
    texts = [(*context, *row) for context, row in zip(contexts, choices, strict=True)]
    return Split(texts, labels)


def _read_responses(task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
    if task.messages is not None:
        contexts, answers = read_dialogues(table, task.messages)
        return Split([(context,) for context in contexts], answers)
    if task.text is not None:
        texts = _read_texts(table, task.text_columns)
        return Split(texts, [""] * len(texts))
    prompts = _read_texts(table, (str(task.prompt),))
    return Split(prompts, _read_column(table, str(task.response)))


def _read_images(task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
    from .images import read_images

    images = read_images(table, str(task.image))
    labels = _read_labels(task, table, classes)
    return Split([(image.sha256,) for image in images], labels, images=images)


def _read_labels(task: TaskSpec, table: Table, classes: Sequence[str]) -> list[int]:
    return index_classes(read_classes(table, str(task.label)), classes, table.origin)


def _read_texts(table: Table, columns: Sequence[str]) -> list[Text]:
    return list(zip(*(_read_column(table, name) for name in columns), strict=True))


def _read_column(table: Table, column: str) -> list[str]:
    check_present(table, column)
    for row, value in enumerate(table.columns[column], 1):
        if not isinstance(value, str):
            got = f"{type(value).__name__} at row {row} of {table.origin}"
            hint = "check the columns under [task]"
            raise UserError(f"text in column {column!r}", got, hint)
    return table.columns[column]


_READERS: Mapping[str, Callable[[TaskSpec, Table, Sequence[str]], Split]] = {
    "classification": _read_classification,
    "regression": _read_regression,
    "multiple_choice": _read_multiple_choice,
    "causal_lm": _read_responses,
    "seq2seq": _read_responses,
    "image_classification": _read_images,
}
