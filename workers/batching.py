"""Tokenised examples, and batches of similar length padded to their longest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

_POOL = 32
"""Batches that are sorted by length together: long enough to save padding, short enough to mix."""

Batch = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Encoded:
    """`n` tokenised examples.

    Attributes:
        rows: Each example's inputs (`input_ids`, and `token_type_ids` where the model has them).
        labels: Class indices (int64) or values (float32), `n`.
        padding: Value that fills each input.
    """

    rows: Sequence[dict[str, list[int]]]
    labels: torch.Tensor
    padding: dict[str, int]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example, `n`."""
        return [len(row["input_ids"]) for row in self.rows]

    def head(self, n: int) -> "Encoded":
        """The first `n` examples."""
        return Encoded(self.rows[:n], self.labels[:n], self.padding)

    def batch(self, indices: Sequence[int]) -> Batch:
        """Inputs of `b` examples, each `b x longest`, with `labels` of size `b`."""
        rows = [self.rows[i] for i in indices]
        longest = max(len(row["input_ids"]) for row in rows)
        inputs = {
            name: torch.tensor([_pad(row[name], longest, fill) for row in rows])
            for name, fill in self.padding.items()
        }
        return inputs | {"labels": self.labels[torch.as_tensor(indices)]}


def encode(
    tokenizer: Any, columns: Sequence[Sequence[str]], labels: torch.Tensor, max_length: int
) -> Encoded:
    """Tokenise one or two text columns of `n` rows; longer examples are cut to `max_length`."""
    tokens = tokenizer(
        *(list(column) for column in columns),
        truncation=True,
        max_length=max_length,
        padding=False,
        return_attention_mask=True,
    )
    known = {"input_ids": tokenizer.pad_token_id, "token_type_ids": 0, "attention_mask": 0}
    padding = {name: fill for name, fill in known.items() if name in tokens}
    rows = [{name: tokens[name][i] for name in padding} for i in range(len(labels))]
    blank = {"input_ids": [_filler(tokenizer)], "token_type_ids": [0], "attention_mask": [1]}
    empty = {name: blank[name] for name in padding}
    return Encoded([row if row["input_ids"] else empty for row in rows], labels, padding)


def training_batches(
    lengths: Sequence[int], size: int, generator: torch.Generator
) -> Iterator[list[int]]:
    """Endless epochs of shuffled batches: within pools of shuffled rows, batches hold rows of
    similar length.

    Args:
        lengths: Tokens of each of the `n` examples.
        size: Examples per batch; the last of an epoch may be smaller.
    """
    while True:
        order = torch.randperm(len(lengths), generator=generator).tolist()
        batches = []
        for start in range(0, len(order), size * _POOL):
            pool = sorted(order[start : start + size * _POOL], key=lambda i: lengths[i])
            batches += [pool[i : i + size] for i in range(0, len(pool), size)]
        for index in torch.randperm(len(batches), generator=generator).tolist():
            yield batches[index]


def evaluation_batches(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Batches of all `n` examples, by length."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    return [order[start : start + size] for start in range(0, len(order), size)]


def _filler(tokenizer: Any) -> int:
    """Stands for a text without tokens, which a model cannot read."""
    known = (tokenizer.eos_token_id, tokenizer.pad_token_id)
    return next(int(token) for token in known if token is not None)


def _pad(values: list[int], length: int, fill: int) -> list[int]:
    return values + [fill] * (length - len(values))
