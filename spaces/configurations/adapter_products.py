"""Operations that the modules of a layer add to a training."""

from dataclasses import dataclass

from peftsearch.spaces.families.anatomy import Stack
from peftsearch.spaces.techniques.table import technique

from .configuration import Module
from .gradient_paths import MEMORY, stage_of

_PASSES = 3
"""Forward, and two products of the backward pass: what is computed again is the first."""


@dataclass(frozen=True)
class Reads:
    """What a layer reads in a training: its tokens, those of the encoder, and batches."""

    tokens: float
    memory: float
    batches: float


def count_adapter(
    modules: tuple[Module, ...],
    stack: Stack,
    index: int,
    width: int,
    reads: Reads,
    first: int | None,
    drops: bool,
) -> tuple[float, float]:
    """Operations of the modules of one layer, and of those the ones that are computed again where
    layers are.

    Args:
        width: Of the hidden states.
        first: In the lowest adapted layer, the first stage that is adapted; else None.
        drops: Whether techniques with a dropout are trained with one.
    """
    beside = sum(_count_beside(x, stack, width, reads.tokens) for x in modules)
    wrapped = sum(_count_wrapped(x, stack, reads, first, drops) for x in modules)
    return beside + wrapped + _count_base(modules, stack, index, reads), (
        beside + wrapped
    ) / _PASSES


def _count_beside(module: Module, stack: Stack, width: int, tokens: float) -> float:
    row = technique(module.technique)
    if row.layer is None:
        return 0.0  # its products are of linears
    own = row.products
    each = (own.beside * module.capacity + own.fixed * own.fixed_rank) * width
    each += own.trained * row.layer(stack, module.capacity)
    return 2.0 * tokens * each


def _count_wrapped(
    module: Module, stack: Stack, reads: Reads, first: int | None, drops: bool
) -> float:
    row, total = technique(module.technique), 0.0
    for role in module.roles:
        if row.linear is None or role not in stack.linears:
            continue
        linear, own = stack.linears[role], row.multiplies(drops)
        each = own.of_token(linear, module.capacity)
        each += own.trained * row.linear(linear, role, module.capacity)
        if first is not None and stage_of(role) <= first:
            each -= own.spared(linear, module.capacity)
        tokens = reads.memory if role in MEMORY else reads.tokens
        total += 2.0 * (tokens * each + reads.batches * own.of_batch(linear, module.capacity))
    return total


def _count_base(modules: tuple[Module, ...], stack: Stack, index: int, reads: Reads) -> float:
    """For gradients of the base's own matrices, each once."""
    tensors = (technique(x.technique).tensors for x in modules)
    trained = {path for make in tensors if make is not None for path in make(stack, index)}
    return sum(
        2.0 * x.inputs * x.outputs * (reads.memory if role in MEMORY else reads.tokens)
        for role, x in stack.linears.items()
        if f"{x.path}.weight" in trained
    )
