"""The length of texts that a job does not give, chosen from them."""

from typing import Any

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.data.task_rows import Split

from .encoding import encode_split

COVERED = 0.99
"""Share of the training rows that are not cut, of few rows somewhat less."""
STEP = 8
SAMPLED = 5000
"""Rows whose lengths are looked at, spread evenly over the split."""


def choose_length(task: TaskSpec, processor: Any, train: Split, positions: int | None) -> TaskSpec:
    """The task with its `max_length`: a function of the training rows and the tokenizer alone, so
    that all workers of a job find the same.

    Args:
        processor: The model's tokenizer; of images its image processor, and nothing is chosen.
        positions: Tokens that an example may take (`spaces.space.presets.text_positions`); None
            where the model has no end.
    """
    if task.max_length is not None or find_kind(task.kind).form.inputs != "text":
        return task
    most = task.most_tokens(positions)
    rows = range(0, len(train.texts), max(1, len(train.texts) // SAMPLED))
    asked = task.model_copy(update={"max_length": most})
    lengths = sorted(encode_split(asked, processor, train.pick(rows)).lengths)
    covering = lengths[int(COVERED * (len(lengths) - 1))]
    chosen = min(most, max(STEP, -(-covering // STEP) * STEP))
    return task.model_copy(update={"max_length": chosen})
