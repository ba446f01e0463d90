"""The head that a job has chosen, in place of the one that its model's class has."""

from collections.abc import Mapping

import torch
from torch import nn

from peftsearch.records.preparation import HeadChoice
from peftsearch.spaces.configurations.head_tensors import POOLED
from peftsearch.spaces.jobspec.head import HeadSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.kinds.model_forms import CHOICES

from .backbone import Backbone
from .heads import FITTED_RATE, HEAD_RATE, REPLACED, compute_in_float32
from .pooled_head import replace_head


def use_head(backbone: Backbone, choice: HeadChoice, start: Mapping[str, torch.Tensor]) -> None:
    """Give the model the head that a job has chosen, for good.

    Args:
        backbone: With the head of its own class.
        start: The tensors that training starts from, by full name; empty where they are drawn.
    """
    if choice.pooling in REPLACED:
        model = backbone.model
        choices = find_kind(backbone.kind).form is CHOICES
        replace_head(model, choice.pooling, 1 if choices else model.config.num_labels or 1)
        model.requires_grad_(False)
        backbone.heads = (POOLED,)
        compute_in_float32(model, backbone.heads)
    backbone.pooling = choice.pooling
    backbone.start = dict(start) or None


def choose_head_rate(backbone: Backbone, spec: HeadSpec) -> float | None:
    """Learning rate of the head as it is now; None where it follows the configuration's."""
    if spec.relative:
        return None
    if spec.learning_rate is not None:
        return spec.learning_rate
    single = final_linear(backbone) is not None and backbone.start is None
    return HEAD_RATE if single else FITTED_RATE


def pooled_linear(backbone: Backbone) -> nn.Linear | None:
    """The head in place of the one that the model's class has; None where there is none."""
    replaced = backbone.pooling in REPLACED
    found = backbone.model.get_submodule(POOLED) if replaced else None
    return found if isinstance(found, nn.Linear) else None


def final_linear(backbone: Backbone) -> tuple[str, nn.Linear] | None:
    """The head's name and module where it is one linear on what was pre-trained."""
    if len(backbone.heads) != 1:
        return None
    module = backbone.model.get_submodule(backbone.heads[0])
    return (backbone.heads[0], module) if isinstance(module, nn.Linear) else None
