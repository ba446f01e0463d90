"""From the rows of a split to a model's inputs."""

from collections.abc import Sequence
from typing import Any

import torch

from peftsearch.message_text import agree
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.data.task_rows import Split

from .batching import Row
from .encodings import Encoded, EncodedChoices, EncodedTexts
from .tokens import filler


def encode_split(task: TaskSpec, processor: Any, split: Split) -> Encoded:
    """All rows of a split.

    Args:
        processor: The model's tokenizer; of images its image processor.
    """
    encoded: Encoded = find_kind(task.kind).load_work().encode(task, processor, split)
    return encoded


def note_cuts(task: TaskSpec, name: str, data: Encoded) -> tuple[str, ...]:
    """What a person should know of examples that were cut.

    Args:
        name: Of the rows.
    """
    return (tell_cut(task, name, data.cut, len(data)),) if data.cut else ()


def tell_cut(task: TaskSpec, name: str, cut: int, rows: int) -> str:
    """How many of the rows, and which share of them, in thousandths but never 0.0%."""
    share = max(cut / rows, 0.001)
    return (
        f"{cut:,} of {rows:,} {name} rows ({share:.1%}) {agree(cut, 'are')} longer than "
        f"max_length = {task.tokens} tokens: {find_kind(task.kind).load_work().cut}"
    )


def encode_texts(
    tokenizer: Any, columns: Sequence[Sequence[str]], labels: torch.Tensor, max_length: int
) -> EncodedTexts:
    """Tokenise one or two text columns of `n` rows; longer examples are cut to `max_length`."""
    rows, padding, longer = _tokenise(tokenizer, columns, max_length)
    return EncodedTexts(rows, labels, padding, len(longer))


def encode_choices(
    tokenizer: Any,
    texts: Sequence[tuple[str, ...]],
    contexts: int,
    labels: torch.Tensor,
    max_length: int,
) -> EncodedChoices:
    """Pair the context of each of `n` rows with each of its `k` choices.

    Args:
        texts: Context and choices of each row.
        contexts: 1, or 2 where the second text begins each choice, as in SWAG.
    """
    count = len(texts[0]) - contexts
    firsts = [row[0] for row in texts for _ in range(count)]
    seconds = [" ".join((*row[1:contexts], x)) for row in texts for x in row[contexts:]]
    flat, padding, longer = _tokenise(tokenizer, [firsts, seconds], max_length)
    rows = [flat[i : i + count] for i in range(0, len(flat), count)]
    return EncodedChoices(rows, labels, padding, len({i // count for i in longer}))


def _tokenise(
    tokenizer: Any, columns: Sequence[Sequence[str]], max_length: int
) -> tuple[list[Row], dict[str, int], list[int]]:
    """Tokens of `n` texts or pairs, what fills each input, and which were longer."""
    rows, padding = _tokenise_to(tokenizer, columns, max_length + 1)
    longer = [i for i, row in enumerate(rows) if len(row["input_ids"]) > max_length]
    if longer:
        kept = [[column[i] for i in longer] for column in columns]
        cut, _ = _tokenise_to(tokenizer, kept, max_length)
        for i, row in zip(longer, cut, strict=True):
            rows[i] = row
    return rows, padding, longer


def _tokenise_to(
    tokenizer: Any, columns: Sequence[Sequence[str]], max_length: int
) -> tuple[list[Row], dict[str, int]]:
    tokens = tokenizer(
        *(list(column) for column in columns),
        truncation=True,
        max_length=max_length,
        padding=False,
        return_attention_mask=True,
    )
    known = {"input_ids": tokenizer.pad_token_id, "token_type_ids": 0, "attention_mask": 0}
    padding = {name: fill for name, fill in known.items() if name in tokens}
    blank = {"input_ids": [filler(tokenizer)], "token_type_ids": [0], "attention_mask": [1]}
    empty = {name: blank[name] for name in padding}
    rows = [{name: tokens[name][i] for name in padding} for i in range(len(columns[0]))]
    return [row if row["input_ids"] else empty for row in rows], padding
