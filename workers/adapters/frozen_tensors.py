"""Frozen tensors of an injected layer that cannot be made again from the configuration: what a
decomposition of the weights gave (another machine finds other signs) and what was drawn."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from peftsearch.spaces.techniques.table import technique

from .masks import ADAPTER, read_entries, write_entries


def read_frozen(name: str, layer: Any) -> dict[str, torch.Tensor]:
    """Tensors to be saved, by attribute; the layer's own, not copies."""
    row = technique(name)
    if row.entries:
        return {"entries": read_entries(layer)}
    if row.alters:
        return {"initial_A": layer.initial_A, "initial_B": layer.initial_B}
    return {key.lstrip("_"): getattr(layer, key)[ADAPTER] for key in row.kept}


def write_frozen(
    name: str, layer: Any, tensors: Mapping[str, torch.Tensor], weight: torch.Tensor | None
) -> None:
    """Write what `read_frozen` gave.

    Args:
        weight: The linear's weight before it was altered, where the technique alters it.
    """
    row = technique(name)
    if row.entries:
        write_entries(layer, tensors["entries"])
    elif weight is not None:
        _take_out(layer, weight, tensors["initial_A"], tensors["initial_B"])
    else:
        for key in row.kept:
            held = getattr(layer, key)
            held[ADAPTER] = tensors[key.lstrip("_")].to(held[ADAPTER])


def widen_frozen(layer: nn.Module) -> None:
    """Hold all that is frozen in float32, as what is trained beside it: `peft` makes it in the
    format of the weights, and a hook on a gradient must answer in the gradient's own."""
    for child in layer.children():
        for key, tensor in child.named_buffers(recurse=False):
            if tensor.is_floating_point():
                setattr(child, key, tensor.float())


def keep_start(layer: Any, weight: torch.Tensor) -> None:
    """Remember where a LoRA layer that starts at directions of the weight began.

    Args:
        weight: The linear's weight before `peft` took that start out of it.
    """
    first, second = (x[ADAPTER].weight.detach().clone() for x in (layer.lora_A, layer.lora_B))
    _take_out(layer, weight, first, second)


def _take_out(layer: Any, weight: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> None:
    """Set the wrapped weight to `weight - scaling B A`, always by the same operations, in
    float32."""
    first, second = (x.to(weight.device, torch.float32) for x in (first, second))
    layer.register_buffer("initial_A", first, persistent=False)
    layer.register_buffer("initial_B", second, persistent=False)
    product = layer.scaling[ADAPTER] * (second @ first)
    if layer.fan_in_fan_out:
        product = product.T
    layer.get_base_layer().weight.data.copy_(weight - product)
