"""What a training step keeps for its backward pass, and no more.

Gradient checkpointing computes activations within a layer again in the backward pass.
`transformers` recomputes the layers that are in training mode. The backbone stays in eval mode, so
for the length of a step the layers themselves are put into training mode, and nothing below them:
no dropout wakes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

from peftsearch.errors import UserError
from peftsearch.workers.runtime.quiet import quiet_transformers

_recompute = partial(checkpoint, use_reentrant=False)


@contextmanager
def recomputing(model: nn.Module, wanted: bool) -> Iterator[None]:
    """Recompute the layers of a model within, if that is wanted; afterwards it is as it was.

    Raises:
        UserError: The model has no layers that can be recomputed.
    """
    if not wanted:
        yield
        return
    layers: list[Any] = [x for x in model.modules() if isinstance(x, GradientCheckpointingLayer)]
    if not layers:
        raise UserError(
            "a model whose layers can be recomputed",
            type(model).__name__,
            "leave training.gradient_checkpointing out",
        )
    before = [dict(vars(layer)) for layer in layers]
    try:
        for layer in layers:
            layer.gradient_checkpointing = layer.training = True
            layer._gradient_checkpointing_func = _recompute
        with quiet_transformers():  # it says that it does without a cache
            yield
    finally:
        for layer, known in zip(layers, before, strict=True):
            vars(layer).clear()
            vars(layer).update(known)


@contextmanager
def without_cache(model: Any) -> Iterator[None]:
    """Within, a decoder keeps no keys and values of its layers for tokens that come later: no
    training has any, and layers that are recomputed would read them twice."""
    configs = {id(x.config): x.config for x in model.modules() if hasattr(x, "config")}
    cached = [x for x in configs.values() if getattr(x, "use_cache", False)]
    try:
        for config in cached:
            config.use_cache = False
        yield
    finally:
        for config in cached:
            config.use_cache = True
