"""The head section of a job: what stands on top of the model, and how it is trained."""

from typing import Literal

from pydantic import Field

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.head_tensors import linear_head, smallest_own_head
from peftsearch.spaces.families.anatomy import Anatomy, HeadTensor
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.kinds.model_forms import CHOICES

from .section import Section


class HeadSpec(Section):
    """The task head that every trial trains beside its adapter; language models have none.

    Attributes:
        pooling: What the head reads: one linear on the `first` token or on the `mean` of all
            tokens (of images: patches), or the `model`'s own pooling and head. Auto chooses by
            cross-validation on training rows.
        start: Where its training starts: at the fitted `probe`, a penalised regression on frozen
            features, or `random`. Auto is the probe where the head is one linear.
        learning_rate: Of the head, whatever the configuration's rate is; None chooses.
        relative: Train it at a rate that follows the configuration's instead, as jobs of earlier
            versions do.
    """

    pooling: Literal["auto", "first", "mean", "model"] = "auto"
    start: Literal["auto", "probe", "random"] = "auto"
    learning_rate: float | None = Field(None, gt=0, le=1)
    relative: bool = False


def check_head(head: HeadSpec, kind: str, anatomy: Anatomy) -> None:
    """Refuse a pooling that the model's form does not have.

    Raises:
        UserError: It is one of an encoder, and the model is none or has no head.
    """
    if head.pooling not in ("first", "mean") or has_pooling(kind, anatomy):
        return
    expected, hint = "an encoder with a head for this pooling", 'set head.pooling to "auto"'
    raise UserError(expected, f"{anatomy.family} for {kind}", hint, "head.pooling")


def has_pooling(kind: str, anatomy: Anatomy) -> bool:
    """Whether one linear on the first token or on the mean may take the place of the head."""
    encoder = len(anatomy.stacks) == 1 and not anatomy.causal
    return find_kind(kind).form.fresh_head and encoder


def suppose_head(head: HeadSpec, kind: str, classes: int, anatomy: Anatomy) -> Anatomy:
    """The anatomy with the smallest head that a job may be given: the one that it gets where that
    is one linear or none, and else a head that is no larger.

    Args:
        classes: That the data has; 0 where labels are none.
    """
    form = find_kind(kind).form
    outputs = 1 if form is CHOICES else max(1, classes)
    pooling = "last" if anatomy.causal else head.pooling
    found = None if pooling == "auto" else linear_head(pooling, outputs, anatomy)
    tensors = (found or smallest_own_head(outputs, anatomy)) if form.fresh_head else ()
    known = tuple(HeadTensor(name=x.name, shape=x.shape) for x in tensors)
    return anatomy.model_copy(update={"head": known})
