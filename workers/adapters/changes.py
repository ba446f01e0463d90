"""One layer for every technique of ours that adds something to the matrix of one linear.

A kind of change says what it trains (parameters), what must be saved beside that (persistent
buffers) and what it adds to a weight (`change`); the rest is here: hooking, dropout, precision,
merging and weights that are stored transposed.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from peftsearch.spaces.families.anatomy import Linear
from peftsearch.workers.runtime.seeds import stream

from .sites import Site

_FIXED_SEED = 0
Fixed = Callable[[str], torch.Generator]
"""Gives, by a purpose, a generator that is the same for every trial and on every machine."""


class Change(nn.Module, ABC):
    """What is added to a weight, `outputs x inputs`; computed in float32, 0 before training."""

    @abstractmethod
    def start(self, draws: torch.Generator, fixed: Fixed) -> None:
        """Give parameters and frozen tensors their initial values.

        Args:
            draws: Of this trial; what it draws must be trained or saved.
            fixed: What comes from it alone need not be saved.
        """

    @abstractmethod
    def change(self, weight: torch.Tensor) -> torch.Tensor:
        """What is added to `weight`, both `outputs x inputs`, in float32."""

    def forward(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """What is added to the linear's output: `... x inputs` to `... x outputs`."""
        with torch.autocast(x.device.type, enabled=False):
            change = self.change(weight.float())
        return functional.linear(x, change.to(x.dtype))

    def hold(self, name: str, tensor: torch.Tensor) -> None:
        """Keep a frozen tensor that is made again and not saved, where the parameters are."""
        device = next(self.parameters()).device
        self.register_buffer(name, tensor.to(device), persistent=False)


class ThinChange(Change):
    """A product of thin matrices, which never becomes a whole one while it trains.

    Args:
        scale: Factor on the product.
        dropout: Share of the inputs to leave out in training.
    """

    def __init__(self, scale: float, dropout: float) -> None:
        super().__init__()
        self.scale, self.dropout = scale, dropout

    @abstractmethod
    def steps(self) -> tuple[torch.Tensor, ...]:
        """The matrices that a token passes, the first `r x inputs`, the last `outputs x r`."""

    def pair(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Two matrices whose product is the change, `r x inputs` and `outputs x r`."""
        first, *rest = self.steps()
        outer = rest[-1]
        for step in reversed(rest[:-1]):
            outer = outer @ step
        return first, self.scale * outer

    def change(self, weight: torch.Tensor) -> torch.Tensor:
        """The product of all."""
        first, outer = self.pair()
        return outer @ first

    def forward(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """As `Change.forward`, by one product after the other of each token."""
        first, *rest = self.steps()
        read = functional.dropout(x.to(first.dtype), self.dropout, self.training)
        result = self.scale * functional.linear(read, first)
        for step in rest:
            result = functional.linear(result, step)
        return result


Kind = Callable[[Linear, int, float], Change]
"""Makes a change of a linear at a capacity, with a dropout."""


def adding(kind: Kind) -> Callable[[Site], None]:
    """The builder (`Technique.build`) that puts a change on every linear that is aimed at."""

    def add(site: Site) -> None:
        for role in site.roles:
            _add(site, role, kind)

    return add


def _add(site: Site, role: str, kind: Kind) -> None:
    form, target, path = site.stack.linears[role], site.linear(role), site.path(role)
    name = f"{path}.{site.module.technique}"
    child = kind(form, site.module.capacity, site.dropout)
    site.put(name, child, target)
    child.float()  # what is trained is kept whole, whatever the model's format
    child.start(site.generator(name), lambda purpose: stream(_FIXED_SEED, f"{path} {purpose}"))

    def change_output(module: nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = child(inputs[0], _matrix(target, form))
        return output + added.to(output.dtype)

    @torch.no_grad()
    def fold() -> None:
        weight = _matrix(target, form)
        weight.copy_(weight.float() + child.change(weight.float()))

    site.changes.hook([target.register_forward_hook(change_output)])
    site.merge(fold)


def _matrix(target: Any, form: Linear) -> torch.Tensor:
    """The weight as `outputs x inputs`."""
    weight: torch.Tensor = target.weight
    return weight.T if form.transposed else weight


def zeros(*shape: int) -> nn.Parameter:
    """A trained tensor before `Change.start`."""
    return nn.Parameter(torch.zeros(shape))


@torch.no_grad()
def draw_uniform(tensor: torch.Tensor, fan_in: int, generator: torch.Generator) -> None:
    """Fill with the values that `nn.Linear` starts with: uniform, within `1 / sqrt(fan_in)`."""
    bound = fan_in**-0.5
    tensor.copy_(torch.empty(tensor.shape).uniform_(-bound, bound, generator=generator))
