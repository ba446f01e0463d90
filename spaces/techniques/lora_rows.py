"""Rows that are LoRA but for how it is trained."""

from typing import Any

from . import formulas, saved_linears
from .activations import DROPPED, Activations
from .products import THIN
from .saved import Saved
from .technique import Technique

_RANKS = (1, 2, 4, 8, 16, 32)


_KEPT = Activations(outputs=0.25, made=0.5)
"""The products of factors and values too; a bound from above that tests hold."""


def _svd(rank: int) -> dict[str, Any]:
    """Of the layers alone; the schedule is the hook's. The rank that scales them is the target."""
    return {"init_r": rank, "target_r": rank, "lora_alpha": 16, "total_step": 1}


LORA_ROWS = (
    Technique(
        "lora_plus",
        "LoRA whose second matrix learns 16 times as fast",
        "r (inputs + outputs)",
        "Hayou et al., arXiv 2402.12354",
        group="lowrank",
        status="experimental",
        capacities=_RANKS,
        rate=5e-4,
        rates={"lora_B.weight": 16 * 5e-4},
        linear=formulas.lora,
        saved=Saved(saved_linears.lora),
        peft="LoraConfig",
        dropout="lora_dropout",
        arguments=lambda rank: {"r": rank, "lora_alpha": 16},
        capacity_pattern="rank_pattern",
        exports=True,
        dropping=DROPPED,
        products=THIN,
    ),
    Technique(
        "adalora",
        "LoRA whose ranks move to where they matter",
        "r (inputs + outputs + 1) on average, at most",
        "AdaLoRA; Zhang et al., arXiv 2303.10512",
        group="lowrank",
        status="experimental",
        capacities=_RANKS,
        rate=5e-3,
        linear=formulas.triplets,
        # Half as many ranks again until they are cut, and three averages of what all matter.
        held=formulas.in_bytes(formulas.triplets, 32),
        saved=Saved(saved_linears.allotted),
        peft="AdaLoraConfig",
        dropout="lora_dropout",
        arguments=_svd,
        pooled=True,
        hook="peftsearch.workers.hooks.ranks:Ranks",
        activations=_KEPT,
        dropping=_KEPT.dropped,
        products=THIN,
    ),
)
