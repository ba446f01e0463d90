"""Experts of low rank beside a linear, and a router that chooses two of them for each token.

MoLA (Gao et al., arXiv 2402.08562): `y = W x + s sum_e p_e B_e A_e x` over the two likeliest
experts, whose probabilities are scaled to sum to 1.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from peftsearch.spaces.techniques.expert_rows import RANK

from .changes import draw_uniform, zeros
from .sites import Site

ALPHA = 16
CHOSEN = 2
"""Experts that act on a token."""


class Experts(nn.Module):
    """`... x inputs` to `... x outputs`; 0 before training.

    Attributes:
        router: `experts x inputs`.
        first: `experts rank x inputs`, the experts' own one below another.
        second: `outputs x experts rank`, one beside another.
        dropout: Share of the inputs of the experts that is left out in training.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        experts: int,
        generator: torch.Generator,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        width = experts * RANK
        self.experts, self.dropout = experts, dropout
        self.first = zeros(width, inputs)
        self.second = zeros(outputs, width)
        self.router = zeros(experts, inputs)
        for drawn in (self.first, self.router):
            draw_uniform(drawn, inputs, generator)
        self._balances: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What the chosen experts of each token give."""
        chances = functional.linear(x, self.router.to(x.dtype)).float().softmax(-1)
        best = chances.topk(CHOSEN, dim=-1)
        shares = best.values / best.values.sum(-1, keepdim=True)
        weights = torch.zeros_like(chances).scatter(-1, best.indices, shares)
        if torch.is_grad_enabled():
            self._balances.append(_balance(chances, best.indices))
        kept = functional.dropout(x, self.dropout, self.training)
        hidden = functional.linear(kept, self.first.to(x.dtype))
        parted = hidden.reshape(*hidden.shape[:-1], self.experts, RANK)
        scaled = parted * weights.to(x.dtype).unsqueeze(-1)
        result = functional.linear(scaled.flatten(-2), self.second.to(x.dtype))
        return result * (ALPHA / RANK)

    def forget(self, module: nn.Module, inputs: Any) -> None:
        """Before its layer is asked: drop what another pass, or a recomputed one, has left."""
        self._balances = []

    def take_balance(self) -> torch.Tensor | None:
        """A scalar of the layer's last forward pass with gradients, once: the experts' shares of
        tokens times their mean probabilities, summed and times their number; 1 where all are
        alike. The mean where a layer asks a linear more than once, as DeBERTa does."""
        found, self._balances = self._balances, []
        return torch.stack(found).mean() if found else None


def add(site: Site) -> None:
    """Experts beside each linear that the configuration aims at."""
    layer = site.model.get_submodule(site.layer)
    for role in site.roles:
        shape, linear = site.stack.linears[role], site.linear(role)
        name = f"{site.path(role)}.experts"
        sizes = shape.inputs, shape.outputs, site.module.capacity
        child = Experts(*sizes, site.generator(name), site.dropout)
        site.put(name, child, linear)
        site.changes.hook([layer.register_forward_pre_hook(child.forget)])
        site.changes.hook([linear.register_forward_hook(_beside(child))])


def _beside(child: Experts) -> Any:
    return lambda module, inputs, output: output + child(inputs[0])


def _balance(chances: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    experts = chances.shape[-1]
    used = functional.one_hot(chosen, experts).float().flatten(0, -3).sum(1).mean(0) / CHOSEN
    return experts * (used * chances.flatten(0, -2).mean(0)).sum()
