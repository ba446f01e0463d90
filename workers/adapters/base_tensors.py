"""Base tensors that a technique trains: which they are, and putting them back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import technique

Owner = tuple[str, float]
"""A technique and a factor on its learning rate."""


def trained_base_tensors(configuration: Configuration, anatomy: Anatomy) -> dict[str, Owner]:
    """Full name of every base tensor that is trained, with what trains it.

    A tensor that two techniques share belongs to the first by name.
    """
    owners: dict[str, Owner] = {}
    for layer, modules in enumerate(configuration.profile):
        stack, index = anatomy.locate(layer)
        for module in modules:
            tensors = technique(module.technique).tensors
            for path in tensors(stack, index) if tensors else ():
                name = anatomy.module(layer, path)
                owners.setdefault(name, (module.technique, module.rate))
    return owners


@dataclass(frozen=True)
class Snapshot:
    """Copies of parameters, to be written back."""

    saved: Mapping[nn.Parameter, torch.Tensor]

    @classmethod
    def take(cls, parameters: Iterable[nn.Parameter]) -> "Snapshot":
        """Copy the values as they are."""
        return cls({parameter: parameter.detach().clone() for parameter in parameters})

    def join(self, other: "Snapshot") -> "Snapshot":
        """Of both; of what both have, this one's copy."""
        return Snapshot({**other.saved, **self.saved})

    def restore(self) -> None:
        """Write the copies back, bit by bit and in their own format, and freeze the parameters."""
        for parameter, value in self.saved.items():
            if parameter.dtype == value.dtype:
                parameter.data.copy_(value)
            else:
                parameter.data = value.clone()
            parameter.requires_grad_(False)
            parameter.grad = None
