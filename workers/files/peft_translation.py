"""Changes of our own as the thin matrices that `peft` knows (`Technique.peft_as`)."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.configurations.groups import in_peft
from peftsearch.spaces.families.anatomy import Anatomy, Linear
from peftsearch.spaces.techniques.table import technique
from peftsearch.workers.adapters.attachment import attach_to
from peftsearch.workers.adapters.changes import ThinChange
from peftsearch.workers.models.backbone import Backbone

Tensors = Mapping[str, torch.Tensor]


def translate(
    backbone: Backbone, configuration: Configuration, tensors: Tensors
) -> tuple[Configuration, Tensors]:
    """The same adapter by the techniques that `peft` has; the arguments where it has them all. The
    backbone is as it was afterwards.

    Args:
        tensors: Adapter and head by full name.
    """
    held = in_peft(configuration)
    if held is configuration:
        return configuration, tensors
    model, anatomy = backbone.model, backbone.anatomy
    attachment = attach_to(model, anatomy, backbone.heads, configuration)
    try:
        attachment.load(tensors)
        children = attachment.additions.changes.children
        thin = {name: (x, child) for x, name, child in children if isinstance(child, ThinChange)}
        linears = dict(_linears(anatomy))
        found = {
            key: tensor
            for name, (module, child) in thin.items()
            for key, tensor in _pair(name, module, child, linears)
        }
    finally:
        attachment.detach()
    starts = tuple(f"{name}." for name in thin)
    return held, {k: x for k, x in tensors.items() if not k.startswith(starts)} | found


def _linears(anatomy: Anatomy) -> Iterator[tuple[str, tuple[str, Linear]]]:
    for layer, (stack, _) in enumerate(anatomy.each()):
        for role, linear in stack.linears.items():
            yield anatomy.module(layer, linear.path), (role, linear)


def _pair(
    name: str, module: Module, child: ThinChange, linears: Mapping[str, tuple[str, Linear]]
) -> Iterator[tuple[str, torch.Tensor]]:
    """The two matrices by the names that the technique of `peft` has for them."""
    path = name.rpartition(".")[0]
    row: Any = technique(str(technique(module.technique).peft_as))
    said = row.arguments(module.capacity)
    with torch.no_grad():
        first, outer = child.pair()
    # The technique of `peft` multiplies by its alpha over the rank.
    matrices = (first, outer * (said["r"] / said["lora_alpha"]))
    places = row.saved.linear(linears[path][1], linears[path][0], module.capacity)
    for place, matrix in zip(places, matrices, strict=True):
        yield f"{path}.{place.name}", matrix.detach().to("cpu", torch.float32).contiguous()
