"""Examples as a model takes them, and batches of similar length padded to their longest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch

IGNORED = -100
"""Label of a token that has no share in the loss."""

_POOL = 32
"""Batches that are sorted by length together: long enough to save padding, short enough to mix."""

Batch = dict[str, torch.Tensor]
Row = dict[str, list[int]]


class Encoded(Protocol):
    """`n` examples of any kind."""

    @property
    def labels(self) -> torch.Tensor:
        """Class or choice indices (int64), values (float32), or of a language model the number of
        response tokens (int64); `n`."""

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example, `n`; equal where examples have no length."""

    def __len__(self) -> int: ...

    def head(self, n: int) -> "Encoded":
        """The first `n` examples."""

    def batch(self, indices: Sequence[int]) -> Batch:
        """The model's arguments for `b` examples, with `labels`."""


@dataclass(frozen=True)
class EncodedTexts:
    """Texts with one label each.

    Attributes:
        rows: Each example's inputs (`input_ids`, and `token_type_ids` where the model has them).
        labels: Class indices (int64) or values (float32), `n`.
        padding: Value that fills each input.
    """

    rows: Sequence[Row]
    labels: torch.Tensor
    padding: dict[str, int]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example, `n`."""
        return [len(row["input_ids"]) for row in self.rows]

    def head(self, n: int) -> "EncodedTexts":
        """The first `n` examples."""
        return replace(self, rows=self.rows[:n], labels=self.labels[:n])

    def batch(self, indices: Sequence[int]) -> Batch:
        """Inputs of `b` examples, each `b x longest`, with `labels` of size `b`."""
        inputs = pad_rows([self.rows[i] for i in indices], self.padding)
        return inputs | {"labels": self.labels[torch.as_tensor(indices)]}


@dataclass(frozen=True)
class EncodedChoices:
    """Contexts, each with `k` choices.

    Attributes:
        rows: The inputs of each example's choices, `n` times `k`.
        labels: Index of the right choice (int64), `n`.
        padding: Value that fills each input.
    """

    rows: Sequence[Sequence[Row]]
    labels: torch.Tensor
    padding: dict[str, int]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example's longest choice, `n`."""
        return [max(len(choice["input_ids"]) for choice in row) for row in self.rows]

    def head(self, n: int) -> "EncodedChoices":
        """The first `n` examples."""
        return replace(self, rows=self.rows[:n], labels=self.labels[:n])

    def batch(self, indices: Sequence[int]) -> Batch:
        """Inputs of `b` examples, each `b x k x longest`, with `labels` of size `b`."""
        flat = pad_rows([choice for i in indices for choice in self.rows[i]], self.padding)
        inputs = {name: x.view(len(indices), -1, x.shape[-1]) for name, x in flat.items()}
        return inputs | {"labels": self.labels[torch.as_tensor(indices)]}


@dataclass(frozen=True)
class EncodedResponses:
    """Prompts with their responses, for a language model.

    Attributes:
        rows: `input_ids`, `attention_mask` and `labels` of each example. Of a decoder they run
            over prompt and response, and `IGNORED` stands where there is no loss; of an
            encoder-decoder the labels are the response alone.
        prompts: Tokens from which the last response is generated, `n`.
        responses: Text of the last response, `n`.
        padding: Value that fills each input.
        cut: How many examples were longer than the limit.
    """

    rows: Sequence[Row]
    prompts: Sequence[list[int]]
    responses: Sequence[str]
    padding: dict[str, int]
    cut: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> torch.Tensor:
        """Tokens of each example that count in the loss, `n`."""
        return torch.tensor([len(_counted(row["labels"])) for row in self.rows])

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example, `n`; of an encoder-decoder the longer of its two sides."""
        return [max(len(row["input_ids"]), len(row["labels"])) for row in self.rows]

    def head(self, n: int) -> "EncodedResponses":
        """The first `n` examples."""
        return replace(
            self, rows=self.rows[:n], prompts=self.prompts[:n], responses=self.responses[:n]
        )

    def batch(self, indices: Sequence[int]) -> Batch:
        """Inputs and `labels` of `b` examples, each `b x` its longest, padded on the right."""
        return pad_rows([self.rows[i] for i in indices], self.padding)


def pad_rows(rows: Sequence[Row], padding: dict[str, int]) -> Batch:
    """Tensors of `b` rows, each `b x` its longest, filled on the right."""
    padded = {}
    for name, fill in padding.items():
        longest = max(len(row[name]) for row in rows)
        padded[name] = torch.tensor([_pad(row[name], longest, fill) for row in rows])
    return padded


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


def _counted(labels: list[int]) -> list[int]:
    return [label for label in labels if label != IGNORED]


def _pad(values: list[int], length: int, fill: int) -> list[int]:
    return values + [fill] * (length - len(values))
