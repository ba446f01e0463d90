"""A head of one linear on pooled states, in place of the head that a model of `transformers` has.

This file needs torch and transformers alone: an export carries a copy of it as `head.py`. The
linear has a name of its own, so that what is trained here goes into no other head by mistake.
"""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers.modeling_outputs import SequenceClassifierOutput


def replace_head(model: Any, pooling: str, outputs: int, weights: str | Path | None = None) -> Any:
    """Let `model` end in `pooled_classifier`, one linear on its body's last states.

    Args:
        model: Of a class such as `AutoModelForSequenceClassification`; changed in place.
        pooling: `first` token, or `mean` of all tokens that the attention mask keeps; of images,
            of all patches.
        outputs: Classes; 1 of a regression or of a multiple choice.
        weights: File of the linear's tensors; None where they are loaded later.

    Returns:
        The same model.
    """
    body = model.base_model
    for name in [name for name, child in model.named_children() if child is not body]:
        delattr(model, name)
    if getattr(body, "pooler", None) is not None:
        body.pooler = None
    place = next(body.parameters()).device
    model.pooled_classifier = nn.Linear(model.config.hidden_size, outputs, device=place)
    model.pooling = pooling
    plain = type(model)
    model.__class__ = type(plain.__name__, (plain,), {"forward": _forward})
    if weights is not None:
        from safetensors.torch import load_file

        model.pooled_classifier.load_state_dict(load_file(weights))
    return model.eval()


def pool(states: torch.Tensor, mask: torch.Tensor | None, pooling: str) -> torch.Tensor:
    """`b x d` from `b x t x d`, in float32.

    Args:
        mask: `b x t`, 1 where a token counts; None of images, whose first state is no patch.
    """
    if pooling == "first":
        return states[:, 0].float()
    if mask is None:
        return states[:, 1:].float().mean(dim=1)
    kept = mask.to(states.device)[..., None].float()
    return (states.float() * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1.0)


def _forward(
    self: Any,
    input_ids: torch.Tensor | None = None,
    attention_mask: torch.Tensor | None = None,
    labels: torch.Tensor | None = None,
    return_dict: bool | None = None,
    **others: Any,
) -> SequenceClassifierOutput:
    given = {"input_ids": input_ids, "attention_mask": attention_mask, **others}
    inputs = {name: x for name, x in given.items() if x is not None}
    if input_ids is not None:
        inputs.setdefault("attention_mask", torch.ones_like(input_ids))
    choices = input_ids.shape[1] if input_ids is not None and input_ids.dim() == 3 else 0
    if choices:
        inputs = {name: x.flatten(0, 1) for name, x in inputs.items()}
    states = self.base_model(**inputs)[0]
    logits = self.pooled_classifier(pool(states, inputs.get("attention_mask"), self.pooling))
    logits = logits.view(-1, choices) if choices else logits
    return SequenceClassifierOutput(loss=_loss(logits, labels), logits=logits)


def _loss(logits: torch.Tensor, labels: torch.Tensor | None) -> Any:
    if labels is None:
        return None
    if labels.is_floating_point():
        return functional.mse_loss(logits[:, 0].float(), labels.float())
    return functional.cross_entropy(logits.float(), labels)
