"""What a layer of the frozen model gives for each training row."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from typing import Any

import torch

from peftsearch.workers.batches.batching import Batch, evaluation_batches
from peftsearch.workers.models.stand_in import NAME, StandIn, Unfit, read_output, split_output
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.runtime.devices import autocast

from .recomputation import without_cache

_COMPARED = 8
"""Rows by which states are compared with the layers, from the shortest to the longest."""
_TOLERANCE = {"float32": 1e-3, "bfloat16": 3e-2}
"""Of a sequence's last states relative to their norm, by the precision of products."""


@dataclass(frozen=True)
class RowStates:
    """States of each of `n` rows, padding left out.

    Attributes:
        flat: Of all tokens one after the other, `tokens x d`, on the CPU.
        tokens: Of each sequence of each row, `n`.
        choices: Sequences of a row.
        stand_in: Gives them in place of the layers.
    """

    flat: torch.Tensor
    tokens: Sequence[int]
    choices: int
    stand_in: StandIn

    def put(self, rows: Sequence[int], states: torch.Tensor) -> None:
        """Keep those of `b` rows, `b choices x longest x d`."""
        parted = states.reshape(len(rows), self.choices, *states.shape[1:])
        for place, i in enumerate(rows):
            self._of_row(i).copy_(parted[place, :, : self.tokens[i]])

    def of(self, rows: Sequence[int]) -> torch.Tensor:
        """Those of `b` rows as `put` took them, 0 where there is padding."""
        shape = (len(rows), self.choices, max(self.tokens[i] for i in rows), self.flat.shape[-1])
        made = self.flat.new_zeros(shape)
        for place, i in enumerate(rows):
            made[place, :, : self.tokens[i]] = self._of_row(i)
        return made.flatten(0, 1)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((self.choices * x for x in self.tokens), initial=0))

    def _of_row(self, row: int) -> torch.Tensor:
        """`choices x tokens x d`, a view."""
        own = self.flat[self._starts[row] : self._starts[row + 1]]
        return own.view(self.choices, self.tokens[row], -1)


def count_tokens(job: OpenedJob) -> list[int]:
    """Of each sequence of each training row, `n`."""
    return [x[0] for x in job.encoded("train").sides(job.backbone.model.config.to_dict())]


def make_states(job: OpenedJob, layers: int, beat: Callable[[], None]) -> RowStates:
    """What leaves the highest of so many lowest layers for each training row. The batches are
    those of the job: no trial has a say in them, and none has less room for its own.

    Args:
        beat: Called after each of them.

    Raises:
        Unfit: It cannot stand in for the layers.
    """
    data, anatomy, model = job.encoded("train"), job.backbone.anatomy, job.backbone.model
    below = [model.get_submodule(anatomy.layer_name(i)) for i in range(layers)]
    tokens, made = count_tokens(job), None
    for rows in evaluation_batches(tokens, _count_together(job)):
        states, rest = split_output(_read(job, below[-1], data.batch(rows)))
        if states.shape[:-1] != (data.choices * len(rows), max(tokens[i] for i in rows)):
            raise Unfit("a layer gives other tokens than those of the rows")
        if made is None:
            flat = states.new_empty(data.choices * sum(tokens), states.shape[-1], device="cpu")
            made = RowStates(flat, tokens, data.choices, StandIn(model, below, rest))
        made.put(rows, states)
        beat()
    assert made is not None, "there are training rows"
    _compare(job, made)
    return made


def _count_together(job: OpenedJob) -> int:
    """Rows that pass the model at once, as in the trials of the smallest batches at most."""
    training = job.spec.training
    smallest = min(regime.batch_size for regime in training.regimes())
    rows = math.ceil(smallest / training.accumulate)
    return min(rows, job.encoded("train").evaluated_together)


def _read(job: OpenedJob, module: Any, batch: Batch) -> Any:
    """What a module of the model gives for a batch, without gradients."""
    model, device = job.backbone.model, job.device
    moved = {name: x.to(device) for name, x in batch.items()}
    with torch.no_grad(), autocast(job.precision, device), without_cache(model):
        return read_output(module, lambda: job.encoded("train").outputs(model, moved))


def _compare(job: OpenedJob, states: RowStates) -> None:
    """Hold what the model makes of a few rows' states against what it makes of the rows.

    Raises:
        Unfit: They differ by more than rounding.
    """
    order = sorted(range(len(states.tokens)), key=lambda i: states.tokens[i])
    rows = sorted({order[i * (len(order) - 1) // (_COMPARED - 1)] for i in range(_COMPARED)})
    together = _count_together(job)
    parts = [rows[start : start + together] for start in range(0, len(rows), together)]
    body, batches = job.backbone.model.base_model, [job.encoded("train").batch(x) for x in parts]
    with states.stand_in.acting():  # first, lest anything remembers the layers' own pass
        given = [x | {NAME: states.of(part)} for x, part in zip(batches, parts, strict=True)]
        found = [_read(job, body, x)[0].float() for x in given]
    whole = [_read(job, body, x)[0].float() for x in batches]
    if not all(map(partial(_agree, job), batches, found, whole)):
        raise Unfit("the model makes something else of the states than of the rows")


def _agree(job: OpenedJob, batch: Batch, found: torch.Tensor, whole: torch.Tensor) -> bool:
    """Whether last states of a batch, `sequences x longest x d`, differ by rounding alone."""
    mask = batch.get("attention_mask")
    real = 1.0 if mask is None else mask.flatten(0, -2)[..., None].to(whole)
    error, size = (torch.linalg.matrix_norm(x * real) for x in (found - whole, whole))
    return bool((error <= _TOLERANCE[job.precision] * size).all())
