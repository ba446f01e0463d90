"""The right one of several choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.data.choice_columns import index_choices, read_choices
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_rows import Split, read_texts
from peftsearch.workers.training.judged import Metrics

from .programs import Reading, score_choices
from .work import Work

if TYPE_CHECKING:
    from peftsearch.workers.batches.encodings import EncodedChoices


class MultipleChoice(Work):
    """A context with `k` choices, each scored by one output."""

    def read(self, task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
        """Contexts and choices, and the index of the right one."""
        contexts = read_texts(table, task.text_columns)
        choices = read_choices(table, task.choice_columns)
        labels = index_choices(table, str(task.label), choices)
        texts = [(*context, *row) for context, row in zip(contexts, choices, strict=True)]
        return Split(texts, labels)

    def sides(self, task: TaskSpec, text: Sequence[str]) -> Sequence[str]:
        """The context: choices such as `yes` stand in many rows."""
        return text[: len(task.text_columns)][:1]

    def program(self, task: TaskSpec, cached: bool = True) -> str:
        """The context with each choice in turn."""
        return score_choices(task.text_columns, task.tokens)

    def reading_program(self, task: TaskSpec, reading: Reading) -> str:
        """The same by the encoder."""
        return score_choices(task.text_columns, task.tokens, reading)

    def encode(self, task: TaskSpec, processor: Any, split: Split) -> EncodedChoices:
        """Each context with each of its choices."""
        from peftsearch.workers.batches.encoding import encode_choices

        contexts, labels = len(task.text_columns), self.labels(split)
        return encode_choices(processor, split.texts, contexts, labels, task.tokens)

    @property
    def metrics(self) -> Metrics:
        """Of the choice, and of how sure the model is of it."""
        from peftsearch.workers.training.class_metrics import CHOICE_METRICS

        return CHOICE_METRICS

    def tell_outputs(self, task: TaskSpec, labels: Sequence[str]) -> str:
        """What the column of the label names."""
        return f"Its outputs score the choices; `{task.label}` names the right one."


WORK = MultipleChoice()
