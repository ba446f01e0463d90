"""Why the layers of a stack cannot carry a technique that acts beside their linears, or on tensors
of their own: reasons for people, None where they can."""

from collections.abc import Callable

from peftsearch.spaces.families.anatomy import Stack

PHM_ORDER = 4
"""Number of summands `n` of a parametrised hypercomplex product (Compacter's default)."""

OUTPUTS = ("attention_output", "mlp_out")
"""Linears that hand a part of the layer's work on."""


def no_biases(stack: Stack, capacity: int) -> str | None:
    """Biases are what is trained."""
    return None if stack.biases(0) else "its layers have no biases"


def mlp_input(stack: Stack) -> str:
    """Role of a linear that reads the MLP's input."""
    return "mlp_gate_in" if "mlp_gate_in" in stack.linears else "mlp_in"


def lacks(*roles: str) -> Callable[[Stack, int], str | None]:
    """What acts on these linears needs them."""

    def restriction(stack: Stack, capacity: int) -> str | None:
        absent = [role for role in roles if role not in stack.linears]
        return f"its layers have no {absent[0]}" if absent else None

    return restriction


def no_mlp(stack: Stack, capacity: int) -> str | None:
    """A module beside the MLP needs both its ends."""
    return lacks(mlp_input(stack), "mlp_out")(stack, capacity)


def no_prefix(stack: Stack, capacity: int) -> str | None:
    """Virtual keys need to know what the attention function reads."""
    if stack.attention is None:
        return "its attention takes no virtual keys and values"
    fused = "query_key_value" in stack.linears
    return lacks(*(("attention_output",) if fused else ("key", "value")))(stack, capacity)


def no_product(stack: Stack, capacity: int) -> str | None:
    """Both sides of a product are cut into `PHM_ORDER` parts."""
    if reason := lacks(*OUTPUTS)(stack, capacity):
        return reason
    if capacity % PHM_ORDER:
        return f"{capacity} is no multiple of {PHM_ORDER}"
    sizes = [stack.linears[role].outputs for role in OUTPUTS]
    odd = [size for size in sizes if size % PHM_ORDER]
    return f"its width {odd[0]} is no multiple of {PHM_ORDER}" if odd else None
