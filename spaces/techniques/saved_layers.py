"""Tensors of our own modules, as files name them; the rest is as in `saved`."""

from collections.abc import Callable

from peftsearch.spaces.families.anatomy import Stack

from .layer_formulas import ENCODER_WIDTH, prefix_sizes
from .layer_restrictions import PHM_ORDER, mlp_input, no_mlp, no_prefix
from .saved import Tensor, Tensors

_PARTS = {"attention_output": "attention", "mlp_out": "mlp"}


def _bottleneck(name: str, inputs: int, width: int, outputs: int) -> Tensors:
    return (
        Tensor(f"{name}.down.weight", (width, inputs)),
        Tensor(f"{name}.down.bias", (width,)),
        Tensor(f"{name}.up.weight", (outputs, width)),
        Tensor(f"{name}.up.bias", (outputs,)),
    )


def _product(name: str, size: int, width: int) -> Tensors:
    n = PHM_ORDER
    wide, narrow = (n, size // n), (n, width // n)
    return (
        Tensor(f"{name}.down.left", wide),
        Tensor(f"{name}.down.right", narrow),
        Tensor(f"{name}.down.bias", (width,)),
        Tensor(f"{name}.up.left", narrow),
        Tensor(f"{name}.up.right", wide),
        Tensor(f"{name}.up.bias", (size,)),
    )


def serial(stack: Stack, width: int) -> Tensors:
    """A bottleneck on the output of the MLP."""
    if "mlp_out" not in stack.linears:
        return ()
    size = stack.linears["mlp_out"].outputs
    return _bottleneck("serial", size, width, size)


def _twice(prefix: str, part: Callable[[str, int, int], Tensors]) -> Callable[..., Tensors]:
    def tensors(stack: Stack, width: int) -> Tensors:
        present = {role: name for role, name in _PARTS.items() if role in stack.linears}
        return tuple(
            tensor
            for role, name in present.items()
            for tensor in part(f"{prefix}_{name}", stack.linears[role].outputs, width)
        )

    return tensors


houlsby = _twice("houlsby", lambda name, size, width: _bottleneck(name, size, width, size))
compacter = _twice("compacter", _product)


def parallel(stack: Stack, width: int) -> Tensors:
    """A bottleneck beside the MLP."""
    if no_mlp(stack, width):
        return ()
    entry, end = stack.linears[mlp_input(stack)], stack.linears["mlp_out"]
    return _bottleneck("parallel", entry.inputs, width, end.outputs)


def prefix(stack: Stack, tokens: int) -> Tensors:
    """Virtual keys and values."""
    if no_prefix(stack, tokens):
        return ()
    keys, values = prefix_sizes(stack)
    name = f"{stack.attention}.prefix"
    return Tensor(f"{name}.key", (tokens, keys)), Tensor(f"{name}.value", (tokens, values))


def rules(number: int) -> Tensors:
    """The factor that Compacter's products share."""
    return (Tensor(f"product_rules_{number}.weight", (PHM_ORDER,) * 3),)


def prompt(width: int, tokens: int) -> Tensors:
    """Embeddings."""
    return (Tensor("virtual_tokens.weight", (tokens, width)),)


def encoder(width: int, tokens: int) -> Tensors:
    """Vectors of the tokens, and the perceptron that reads them."""
    name, inner = "virtual_tokens.encoder", ENCODER_WIDTH
    sizes = {0: (inner, width), 2: (inner, inner), 4: (width, inner)}
    found = [Tensor(f"{name}.embedding.weight", (tokens, width))]
    for i, shape in sizes.items():
        found += [Tensor(f"{name}.mlp_head.{i}.weight", shape)]
        found += [Tensor(f"{name}.mlp_head.{i}.bias", shape[:1])]
    return tuple(found)
