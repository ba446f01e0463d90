"""Rows of modules of our own: what acts beside a layer's linears, and virtual tokens.

Nominal rates of what acts in layers: with a MiniLM encoder and 60 steps of 16 film reviews (600
test rows, one seed), LoRA scored .770 at 1e-3 and .782 at 3e-3, serial .642, .757 at 3e-4, 3e-3,
houlsby .760 at 3e-3, parallel .765, .792 at 1e-3, 3e-3, prefix .635, .683, .732, .733 at 1e-2,
3e-2, 1e-1, 3e-1, compacter .683, .760 at 3e-3, 1e-2. Those of virtual tokens lean on the papers:
so short a training moved them little (prompt .597, .598 at 3e-2, 3e-1, p_tuning .632 at 5e-3).
"""

from . import layer_formulas, layer_restrictions, saved_layers
from .layer_formulas import ENCODER_WIDTH
from .layer_restrictions import OUTPUTS, PHM_ORDER
from .saved import Saved
from .technique import Activations, Technique

_ADAPTERS = "peftsearch.workers.adapters"
_WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128)
_TOKENS = (1, 2, 4, 8, 16, 32, 64)

OWN_ROWS: tuple[Technique, ...] = (
    Technique(
        "serial",
        "a bottleneck on the output of the MLP",
        "b (2 d + 1) + d",
        "Pfeiffer et al., arXiv 2005.00247",
        group="bottleneck",
        capacities=_WIDTHS,
        capacity_name="bottleneck width",
        rate=3e-3,
        layer=layer_formulas.after(("mlp_out",), layer_formulas.bottleneck),
        layer_restriction=layer_restrictions.lacks("mlp_out"),
        saved=Saved(layer=saved_layers.serial),
        build=f"{_ADAPTERS}.builders:add_serial",
        merges=False,
    ),
    Technique(
        "houlsby",
        "bottlenecks on the outputs of attention and MLP",
        "2 (b (2 d + 1) + d)",
        "Houlsby et al., arXiv 1902.00751",
        group="bottleneck",
        capacities=_WIDTHS,
        capacity_name="bottleneck width",
        rate=3e-3,
        layer=layer_formulas.after(OUTPUTS, layer_formulas.bottleneck),
        layer_restriction=layer_restrictions.lacks(*OUTPUTS),
        saved=Saved(layer=saved_layers.houlsby),
        build=f"{_ADAPTERS}.builders:add_houlsby",
        merges=False,
        activations=Activations(2, capacity=4),
    ),
    Technique(
        "parallel",
        "a bottleneck beside the MLP",
        "b (2 d + 1) + d",
        "He et al., arXiv 2110.04366",
        group="bottleneck",
        capacities=_WIDTHS,
        capacity_name="bottleneck width",
        rate=1e-3,
        layer=layer_formulas.parallel,
        layer_restriction=layer_restrictions.no_mlp,
        saved=Saved(layer=saved_layers.parallel),
        build=f"{_ADAPTERS}.builders:add_parallel",
        order=1,
        merges=False,
    ),
    Technique(
        "prefix",
        "virtual keys and values in front of the attention's own",
        "m (outputs of key + outputs of value)",
        "Li & Liang, arXiv 2101.00190",
        group="prompt",
        capacities=_TOKENS,
        capacity_name="virtual tokens",
        rate=5e-2,
        layer=layer_formulas.prefix,
        layer_restriction=layer_restrictions.no_prefix,
        saved=Saved(layer=saved_layers.prefix),
        build=f"{_ADAPTERS}.builders:add_prefix",
        order=2,
        merges=False,
        activations=Activations(0, capacity=0, trained=2),
    ),
    Technique(
        "compacter",
        "Houlsby's bottlenecks of Kronecker products that share a factor",
        f"6 (d + b) + {PHM_ORDER**3} once",
        "Karimi Mahabadi et al., arXiv 2106.04647",
        group="bottleneck",
        status="experimental",
        capacities=tuple(width for width in _WIDTHS if width % PHM_ORDER == 0),
        capacity_name="bottleneck width",
        rate=1e-2,
        layer=layer_formulas.after(OUTPUTS, layer_formulas.product),
        shared=lambda width: PHM_ORDER**3,
        layer_restriction=layer_restrictions.no_product,
        saved=Saved(layer=saved_layers.compacter, model=saved_layers.rules),
        build=f"{_ADAPTERS}.builders:add_compacter",
        merges=False,
        activations=Activations(2, capacity=8, matrices=6),
    ),
    Technique(
        "prompt",
        "trained embeddings in the model's input",
        "m d",
        "Lester et al., arXiv 2104.08691",
        group="prompt",
        status="experimental",
        capacities=_TOKENS,
        capacity_name="virtual tokens",
        rate=1e-1,
        input=lambda width, tokens: tokens * width,
        saved=Saved(input=saved_layers.prompt),
        build=f"{_ADAPTERS}.virtual_tokens:Prompt",
        merges=False,
    ),
    Technique(
        "p_tuning",
        "embeddings in the model's input, made by a perceptron",
        f"m d + (2 d + 1) {ENCODER_WIDTH} + {ENCODER_WIDTH}^2 + {ENCODER_WIDTH} + d",
        "Liu et al., arXiv 2103.10385",
        group="prompt",
        status="experimental",
        capacities=_TOKENS,
        capacity_name="virtual tokens",
        rate=1e-3,
        input=layer_formulas.encoder,
        saved=Saved(input=saved_layers.encoder),
        build=f"{_ADAPTERS}.virtual_tokens:EncodedPrompt",
        merges=False,
    ),
)
