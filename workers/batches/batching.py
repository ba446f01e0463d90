"""Batches of examples of similar length, padded to their longest."""

import math
from collections.abc import Iterator, Sequence

import torch

IGNORED = -100
"""Label of a token that has no share in the loss."""

_POOL = 32
"""Batches that are sorted by length together: long enough to save padding, short enough to mix."""

Batch = dict[str, torch.Tensor]
Row = dict[str, list[int]]


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


def split_batch(rows: Sequence[int], parts: int) -> list[Sequence[int]]:
    """A step's rows in at most so many parts, which are computed one after another."""
    size = math.ceil(len(rows) / parts)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def evaluation_batches(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Batches of all `n` examples, those of the longest first: what is left then takes no longer
    than what is done, and memory that does not suffice is told at once."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    return [order[start : start + size] for start in range(0, len(order), size)][::-1]


def padded_tokens(lengths: Sequence[int], size: int) -> int:
    """Tokens of all `n` examples in these batches, padding among them."""
    batches = evaluation_batches(lengths, size)
    return sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)


def _pad(values: list[int], length: int, fill: int) -> list[int]:
    return values + [fill] * (length - len(values))
