"""The tensors of a task head before there is a model: what it adds to the file of an adapter."""

from typing import Literal

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.saved import Tensor

POOLED = "pooled_classifier"
"""The linear on pooled states, in place of the head that a model's class has."""
_OWN = "classifier"
"""The shortest name that a head of several parts has."""
LAST = "score"
"""The linear of a decoder that classifies, on its last token."""


def linear_head(
    pooling: Literal["first", "mean", "last", "model"], outputs: int, anatomy: Anatomy
) -> tuple[Tensor, ...] | None:
    """Names and shapes of a job's head; None of a model's own, whose parts only its weights tell:
    a pooler that the checkpoint lacks belongs to it.

    Args:
        pooling: What the head reads (`records.preparation.HeadChoice`).
        outputs: Classes; 1 of a regression or of a multiple choice.
    """
    if pooling == "model":
        return None
    name = LAST if pooling == "last" else POOLED
    weight = Tensor(f"{name}.weight", (outputs, anatomy.hidden))
    return (weight,) if pooling == "last" else (weight, Tensor(f"{name}.bias", (outputs,)))


def smallest_own_head(outputs: int, anatomy: Anatomy) -> tuple[Tensor, ...]:
    """A head that is no larger than any that a model's class has, or that may take its place."""
    return (
        Tensor(f"{_OWN}.weight", (outputs, anatomy.hidden)),
        Tensor(f"{_OWN}.bias", (outputs,)),
    )
