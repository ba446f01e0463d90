"""How many parameters our own modules train in one layer, or as virtual tokens."""

from collections.abc import Callable

from peftsearch.spaces.families.anatomy import Stack

from .layer_restrictions import mlp_input, no_mlp, no_prefix

ENCODER_WIDTH = 128
"""Width of the perceptron that makes p-tuning's virtual tokens."""


def prefix_sizes(stack: Stack) -> tuple[int, int]:
    """Widths of the keys and of the values of one token, over all their heads.

    Where one matrix makes queries, keys and values, the queries are as wide as what the attention
    hands to its output projection, and keys and values share the rest.
    """
    if whole := stack.linears.get("query_key_value"):
        half = (whole.outputs - stack.linears["attention_output"].inputs) // 2
        return half, half
    return stack.linears["key"].outputs, stack.linears["value"].outputs


def bottleneck(inputs: int, width: int, outputs: int) -> int:
    """Two whole linears with biases."""
    return inputs * width + width + width * outputs + outputs


def product(inputs: int, width: int, outputs: int) -> int:
    """Two linears with biases whose matrices are products; their shared factor is not counted."""
    return (inputs + width) + width + (width + outputs) + outputs


def after(
    roles: tuple[str, ...], count: Callable[[int, int, int], int]
) -> Callable[[Stack, int], int]:
    """Parameters of modules that act on the outputs of these linears."""

    def layer(stack: Stack, width: int) -> int:
        sizes = [stack.linears[role].outputs for role in roles if role in stack.linears]
        return sum(count(size, width, size) for size in sizes)

    return layer


def parallel(stack: Stack, width: int) -> int:
    """A bottleneck from the input of the MLP to its output."""
    if no_mlp(stack, width):
        return 0
    entry, end = stack.linears[mlp_input(stack)], stack.linears["mlp_out"]
    return bottleneck(entry.inputs, width, end.outputs)


def prefix(stack: Stack, tokens: int) -> int:
    """Keys and values of so many tokens."""
    return tokens * sum(prefix_sizes(stack)) if no_prefix(stack, tokens) is None else 0


def encoder(width: int, tokens: int) -> int:
    """Vectors of so many tokens, and the perceptron of three linears that reads them."""
    inner = ENCODER_WIDTH
    layers = (width * inner + inner) + (inner * inner + inner) + (inner * width + width)
    return tokens * width + layers
