"""APT: what many virtual tokens would add to an attention, by one comparison with a table."""

from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from peftsearch.spaces.techniques.prompt_formulas import CORRECTION_RANK

from .sites import Site

_DEVIATION = 0.02


class Comparison(nn.Module):
    """`e^s (x + max_j(w_j) w M)` with `w = relu(h (M + (M W1) W2)^T)`, where `h` is what the
    attention reads and `x` what it gives; the maximum passes no gradient.

    As in the paper it is not without effect at the start: `w M` is small, and not 0.
    """

    def __init__(self, tokens: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.table = nn.Parameter(_DEVIATION * torch.randn(tokens, width, generator=generator))
        self.down = nn.Parameter(torch.randn(width, CORRECTION_RANK, generator=generator))
        self.up = nn.Parameter(torch.zeros(CORRECTION_RANK, width))
        self.scale = nn.Parameter(torch.zeros(1))

    def forward(self, read: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        """`... x d`, as both of its arguments."""
        table, down, up = (x.to(read.dtype) for x in (self.table, self.down, self.up))
        weights = torch.relu(read @ (table + table @ down @ up).T)
        largest = weights.detach().amax(-1, keepdim=True)
        added = (weights * largest) @ table
        result: torch.Tensor = (given + added.to(given.dtype)) * self.scale.exp().to(given.dtype)
        return result


def add_comparison(site: Site) -> None:
    """A table beside the attention."""
    name, width = f"{site.layer}.compared", site.stack.linears["attention_output"].outputs
    child = Comparison(site.module.capacity, width, site.generator(name))
    role = "query_key_value" if "query_key_value" in site.stack.linears else "query"
    end = site.linear("attention_output")
    site.put(name, child, end)
    layer = site.model.get_submodule(site.layer)
    site.changes.hook(_hook_between(layer, site.linear(role), end, child))


def _hook_between(
    layer: nn.Module, entry: nn.Module, end: nn.Module, added: nn.Module
) -> list[RemovableHandle]:
    """What `end` gives becomes `added(x, it)`, where `x` is what `entry` read first: DeBERTa asks
    it again, of its table of distances."""
    held: list[torch.Tensor] = []

    def read(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        held.append(inputs[0])

    def change(module: nn.Module, inputs: Any, output: torch.Tensor) -> Any:
        return added(held[0], output)

    def forget(module: nn.Module, inputs: Any, output: Any) -> None:
        held.clear()  # else a layer that fails half way would keep its activations

    return [
        entry.register_forward_pre_hook(read),
        end.register_forward_hook(change),
        layer.register_forward_hook(forget, always_call=True),
    ]
