"""Rows of experts that a router chooses for each token."""

from peftsearch.spaces.families.anatomy import Linear

from .activations import Activations
from .products import Products
from .saved import Saved, Tensor, Tensors
from .technique import Technique

RANK = 8
"""Of each expert, as in MoLA."""


def _count(linear: Linear, role: str, experts: int) -> int:
    """A router's row and two thin matrices for each expert."""
    return experts * (RANK * (linear.inputs + linear.outputs) + linear.inputs)


def _saved(linear: Linear, role: str, experts: int) -> Tensors:
    """The experts' thin matrices, one below or beside another, and the router."""
    width = experts * RANK
    return (
        Tensor("experts.first", (width, linear.inputs)),
        Tensor("experts.second", (linear.outputs, width)),
        Tensor("experts.router", (experts, linear.inputs)),
    )


def _too_few(linear: Linear, experts: int) -> str | None:
    return "a router chooses two experts" if experts < 2 else None


EXPERT_ROWS = (
    Technique(
        "lora_moe",
        "LoRA experts, two of which act on a token",
        "c (8 (inputs + outputs) + inputs)",
        "Gao et al., arXiv 2402.08562",
        group="lowrank",
        status="experimental",
        capacities=(2, 4, 6, 8),
        capacity_name="experts",
        linear=_count,
        build="peftsearch.workers.adapters.experts:add",
        hook="peftsearch.workers.hooks.balance:Balance",
        saved=Saved(_saved),
        dropout="site",
        merges=False,
        restriction=_too_few,
        activations=Activations(capacity=2 * RANK + 8),
        products=Products(thin=3 * RANK, read=3, below=RANK + 1),
    ),
)
