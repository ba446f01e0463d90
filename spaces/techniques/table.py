"""The one table of techniques: what may be tried, in the order in which people read it.

Rows that train the backbone's own tensors stand here; those that wrap linears by `peft` are in
`peft_rows`, our own changes of linears in `change_rows`, other modules of our own in `own_rows`.
Every formula is tested against the `requires_grad` counts of real models. A nominal learning rate
is where a sweep of the rate usually peaks; the searched rate moves all techniques together,
relative to it. Rows of other packages come last; no preset chooses from them, so that a preset is
the same space on every machine.
"""

from collections.abc import Iterable
from functools import cache

from peftsearch.errors import UserError
from peftsearch.extensions import provider
from peftsearch.message_text import suggest
from peftsearch.registry import Registry
from peftsearch.spaces.families.anatomy import Stack

from . import layer_restrictions
from .activations import Activations
from .change_rows import CHANGE_ROWS
from .expert_rows import EXPERT_ROWS
from .foreign_rows import GROUP, adopt
from .own_rows import OWN_ROWS
from .peft_rows import PEFT_ROWS
from .products import NONE
from .technique import NOMINAL_RATE, Technique

__all__ = ["NOMINAL_RATE", "TECHNIQUES", "Technique", "technique"]


def _half(stack: Stack, layer: int) -> dict[str, int]:
    """Matrices and biases of every second linear of attention and MLP; the other half in the next
    layer. Norms stay frozen."""
    kept = [x for i, x in enumerate(stack.linears.values()) if (i + layer) % 2 == 0]
    weights = {f"{x.path}.weight": x.inputs * x.outputs for x in kept}
    return weights | {f"{x.path}.bias": x.outputs for x in kept if x.bias}


_BASE_ROWS = (
    Technique(
        "frozen",
        "the layer stays as it is",
        "0",
        "SPAFIT, arXiv 2405.00201",
        group="frozen",
        products=NONE,
    ),
    Technique(
        "bitfit",
        "trains the layer's biases",
        "sum of the layer's bias sizes",
        "Ben Zaken et al., arXiv 2106.10199",
        group="bias",
        rate=2e-3,
        tensors=lambda stack, layer: stack.biases(layer),
        layer_restriction=layer_restrictions.no_biases,
        # All biases, since `peft` knows no others.
        beside_peft={"LoraConfig": {"bias": "all"}},
        activations=Activations(0),
        products=NONE,
    ),
    Technique(
        "ln_tuning",
        "trains the layer's norms",
        "sum of the layer's norm weights and biases",
        "Zhao et al., arXiv 2312.11420",
        group="norm",
        rate=4e-3,
        tensors=lambda stack, layer: stack.norm_tensors(layer),
        peft="LNTuningConfig",
        exports=True,
        activations=Activations(0),
        products=NONE,
    ),
    Technique(
        "full",
        "trains every tensor of the layer",
        "all tensors of the layer",
        "the reference point",
        group="full",
        rate=1e-4,
        tensors=lambda stack, layer: stack.tensors(layer),
        products=NONE,
    ),
    Technique(
        "half",
        "trains every second matrix, alternating by layer",
        "matrices and biases of half the layer's linears",
        "HFT, arXiv 2404.18466",
        group="full",
        status="experimental",
        rate=1e-4,
        tensors=_half,
        products=NONE,
    ),
)

TECHNIQUES = Registry(
    GROUP,
    "a technique",
    Technique,
    [
        row
        for status in ("core", "experimental")
        for row in (*_BASE_ROWS, *PEFT_ROWS, *EXPERT_ROWS, *CHANGE_ROWS, *OWN_ROWS)
        if row.status == status
    ],
    adopt,
)


@cache
def technique(name: str) -> Technique:
    """Row of the table.

    Raises:
        UserError: No row has that name, or it is another package's and broken.
    """
    if name not in TECHNIQUES:
        otherwise = "see `peftsearch techniques`; another package's needs that package"
        hint = suggest(name, TECHNIQUES, otherwise)
        raise UserError("the name of a technique", repr(name), hint)
    return TECHNIQUES[name]


def providers(names: Iterable[str]) -> dict[str, str]:
    """Package and version that each of these techniques comes from, but for our own."""
    return {name: provider(GROUP, name) for name in names if name not in TECHNIQUES.own}
