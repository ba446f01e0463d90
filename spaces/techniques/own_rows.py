"""Rows of modules of our own: what acts beside a layer's linears, and virtual tokens.

Nominal rates of what acts in layers: with a MiniLM encoder and 60 steps of 16 film reviews (600
test rows, one seed), LoRA scored .770 at 1e-3 and .782 at 3e-3, serial .642, .757 at 3e-4, 3e-3,
houlsby .760 at 3e-3, parallel .765, .792 at 1e-3, 3e-3, prefix .635, .683, .732, .733 at 1e-2,
3e-2, 1e-1, 3e-1, compacter .683, .760 at 3e-3, 1e-2. Those of virtual tokens lean on the papers:
so short a training moved them little (prompt .597, .598 at 3e-2, 3e-1, p_tuning .632 at 5e-3).
"""

from collections.abc import Callable

from peftsearch.spaces.families.anatomy import Stack

from .technique import Technique

PHM_ORDER = 4
"""Number of summands `n` of a parametrised hypercomplex product (Compacter's default)."""

ENCODER_WIDTH = 128
"""Width of the perceptron that makes p-tuning's virtual tokens."""

_ADAPTERS = "peftsearch.workers.adapters"
_WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128)
_TOKENS = (1, 2, 4, 8, 16, 32, 64)
_OUTPUTS = ("attention_output", "mlp_out")


def mlp_input(stack: Stack) -> str:
    """Role of a linear that reads the MLP's input."""
    return "mlp_gate_in" if "mlp_gate_in" in stack.linears else "mlp_in"


def prefix_sizes(stack: Stack) -> tuple[int, int]:
    """Widths of the keys and of the values of one token, over all their heads.

    Where one matrix makes queries, keys and values, the queries are as wide as what the attention
    hands to its output projection, and keys and values share the rest.
    """
    if whole := stack.linears.get("query_key_value"):
        half = (whole.outputs - stack.linears["attention_output"].inputs) // 2
        return half, half
    return stack.linears["key"].outputs, stack.linears["value"].outputs


def _bottleneck(inputs: int, width: int, outputs: int) -> int:
    return inputs * width + width + width * outputs + outputs


def _product(inputs: int, width: int, outputs: int) -> int:
    return (inputs + width) + width + (width + outputs) + outputs


def _count_after(
    roles: tuple[str, ...], count: Callable[[int, int, int], int]
) -> Callable[[Stack, int], int]:
    """Parameters of modules that act on the outputs of these linears."""

    def layer(stack: Stack, width: int) -> int:
        sizes = [stack.linears[role].outputs for role in roles if role in stack.linears]
        return sum(count(size, width, size) for size in sizes)

    return layer


def _count_parallel(stack: Stack, width: int) -> int:
    if _no_mlp(stack, width):
        return 0
    entry, end = stack.linears[mlp_input(stack)], stack.linears["mlp_out"]
    return _bottleneck(entry.inputs, width, end.outputs)


def _count_prefix(stack: Stack, tokens: int) -> int:
    return tokens * sum(prefix_sizes(stack)) if _no_prefix(stack, tokens) is None else 0


def _count_encoder(width: int, tokens: int) -> int:
    inner = ENCODER_WIDTH
    layers = (width * inner + inner) + (inner * inner + inner) + (inner * width + width)
    return tokens * width + layers


def _lacks(*roles: str) -> Callable[[Stack, int], str | None]:
    def restriction(stack: Stack, capacity: int) -> str | None:
        absent = [role for role in roles if role not in stack.linears]
        return f"its layers have no {absent[0]}" if absent else None

    return restriction


def _no_mlp(stack: Stack, capacity: int) -> str | None:
    return _lacks(mlp_input(stack), "mlp_out")(stack, capacity)


def _no_prefix(stack: Stack, capacity: int) -> str | None:
    """Virtual keys need to know what the attention function reads."""
    if stack.attention is None:
        return "its attention takes no virtual keys and values"
    fused = "query_key_value" in stack.linears
    return _lacks(*(("attention_output",) if fused else ("key", "value")))(stack, capacity)


def _no_product(stack: Stack, capacity: int) -> str | None:
    if reason := _lacks(*_OUTPUTS)(stack, capacity):
        return reason
    if capacity % PHM_ORDER:
        return f"{capacity} is no multiple of {PHM_ORDER}"
    sizes = [stack.linears[role].outputs for role in _OUTPUTS]
    odd = [size for size in sizes if size % PHM_ORDER]
    return f"its width {odd[0]} is no multiple of {PHM_ORDER}" if odd else None


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
        layer=_count_after(("mlp_out",), _bottleneck),
        layer_restriction=_lacks("mlp_out"),
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
        layer=_count_after(_OUTPUTS, _bottleneck),
        layer_restriction=_lacks(*_OUTPUTS),
        build=f"{_ADAPTERS}.builders:add_houlsby",
        merges=False,
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
        layer=_count_parallel,
        layer_restriction=_no_mlp,
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
        layer=_count_prefix,
        layer_restriction=_no_prefix,
        build=f"{_ADAPTERS}.builders:add_prefix",
        order=2,
        merges=False,
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
        layer=_count_after(_OUTPUTS, _product),
        shared=lambda width: PHM_ORDER**3,
        layer_restriction=_no_product,
        build=f"{_ADAPTERS}.builders:add_compacter",
        merges=False,
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
        input=_count_encoder,
        build=f"{_ADAPTERS}.virtual_tokens:EncodedPrompt",
        merges=False,
    ),
)
