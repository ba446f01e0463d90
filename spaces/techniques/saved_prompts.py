"""Tensors of prompts that are more than embeddings alone; the rest is as in `saved`."""

from peftsearch.spaces.families.anatomy import Stack

from .layer_restrictions import no_prefix
from .prompt_formulas import (
    CORRECTION_RANK,
    DENOMINATOR,
    NUMERATOR,
    POSITIONS,
    PROMPT_ENCODER_WIDTH,
    PROMPT_RANK,
    SUMMARY_TOKENS,
    attention_width,
    no_comparison,
    shift_rank,
)
from .saved import Tensor, Tensors
from .saved_layers import prompt

_NAME = "virtual_tokens"


def lopa(width: int, tokens: int, read: int | None = None) -> Tensors:
    """Embeddings, and two perceptrons; `read` as of `prompt_formulas.lopa`."""
    inner, found = PROMPT_ENCODER_WIDTH, [*prompt(width, tokens)]
    for side, size in (("left", tokens), ("right", width)):
        for name, shape in (("down", (inner, read or width)), ("up", (PROMPT_RANK * size, inner))):
            found += [Tensor(f"{_NAME}.{side}.{name}.weight", shape)]
            found += [Tensor(f"{_NAME}.{side}.{name}.bias", shape[:1])]
    return tuple(found)


def dept(width: int, tokens: int) -> Tensors:
    """Embeddings, and the two factors of the shifts."""
    rank = shift_rank(width, tokens)
    factors = (("positions", (POSITIONS, rank)), ("directions", (rank, width)))
    return (*prompt(width, tokens), *(Tensor(f"{_NAME}.{name}", x) for name, x in factors))


def cpt(width: int, tokens: int) -> Tensors:
    """Shifts, and the words that they shift."""
    return (
        Tensor(f"{_NAME}.shift", (tokens, width)),
        Tensor(f"{_NAME}.ids", (tokens,), "I32"),
    )


def iapt(stack: Stack, width: int) -> Tensors:
    """Of one attention."""
    if no_prefix(stack, width):
        return ()
    d, name = attention_width(stack), f"{stack.attention}.summary"
    shapes: dict[str, tuple[int, ...]] = {
        "pooling": (d, SUMMARY_TOKENS),
        "down.weight": (width, d),
        "down.bias": (width,),
        "up.weight": (d, width),
        "up.bias": (d,),
        "activation.numerator": (NUMERATOR,),
        "activation.denominator": (DENOMINATOR,),
    }
    return tuple(Tensor(f"{name}.{inner}", shape) for inner, shape in shapes.items())


def apt(stack: Stack, tokens: int) -> Tensors:
    """Of one layer."""
    if no_comparison(stack, tokens):
        return ()
    d = stack.linears["attention_output"].outputs
    shapes: dict[str, tuple[int, ...]] = {
        "table": (tokens, d),
        "down": (d, CORRECTION_RANK),
        "up": (CORRECTION_RANK, d),
        "scale": (1,),
    }
    return tuple(Tensor(f"compared.{inner}", shape) for inner, shape in shapes.items())
