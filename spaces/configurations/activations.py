"""How much of a forward pass is kept until the backward pass: known before training.

A bound from above: the lowest adapted layer counts in full, wherever in it the gradients end.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from peftsearch.spaces.families.anatomy import Anatomy, Stack
from peftsearch.spaces.families.kept_activations import kept_by
from peftsearch.spaces.techniques.table import technique
from peftsearch.spaces.techniques.technique import Technique

from .configuration import Configuration, Module
from .cost import backward_depth, trainable_parameters

BYTES_PER_ACTIVATION = 4
_OPTIMISED = 4
_OUTPUTS = 3
_SOURCES = {
    "query": "attention",
    "key": "attention",
    "value": "attention",
    "query_key_value": "attention",
    "cross_key": "memory",
    "cross_value": "memory",
    "mlp_in": "mlp",
    "mlp_gate": "mlp",
    "mlp_gate_in": "mlp",
}
"""Roles whose linears read one tensor."""


@dataclass
class _Added:
    """Numbers that a layer's modules keep: for each token, each example, and the whole batch."""

    token: float = 0.0
    example: float = 0.0
    batch: float = 0.0


def activation_bytes(
    configuration: Configuration, anatomy: Anatomy, examples: int, tokens: float
) -> float:
    """Bytes kept of one batch in float32, the head's and the outputs' apart.

    Args:
        examples: In the batch.
        tokens: Of each, padding included.
    """
    own = configuration.input
    tokens += own.capacity if own is not None else 0
    profile = list(zip(configuration.profile, anatomy.each(), strict=True))
    lowest = anatomy.layers - backward_depth(configuration, anatomy)
    kept = 0.0
    for modules, (stack, index) in profile[lowest:]:
        added = _count_modules(modules, anatomy, stack, index)
        each = kept_by(anatomy, stack).count(anatomy, stack, tokens) + added.token
        kept += examples * (tokens * each + added.example) + added.batch
    return BYTES_PER_ACTIVATION * kept


def step_bytes(
    configuration: Configuration, anatomy: Anatomy, examples: int, tokens: float, words: int = 0
) -> float:
    """Bytes that a training step takes beside the model's weights, at most: activations, and of
    each trained number itself, its gradient and the two moments of AdamW, and the outputs of each
    token with their logarithms and gradients.

    Args:
        examples: In a batch.
        tokens: Of each, padding included.
        words: Outputs of each token: a language model's vocabulary.
    """
    trained = trainable_parameters(configuration, anatomy)
    numbers = _OPTIMISED * trained + _OUTPUTS * examples * tokens * words
    return (
        activation_bytes(configuration, anatomy, examples, tokens) + BYTES_PER_ACTIVATION * numbers
    )


def _count_modules(
    modules: tuple[Module, ...], anatomy: Anatomy, stack: Stack, index: int
) -> _Added:
    sources: dict[str, float] = {}
    added = _Added()
    for module in modules:
        row = technique(module.technique)
        own, capacity = row.activations, module.capacity
        for role in _touched(module, row, stack, index):
            linear = stack.linears[role]
            source = _SOURCES.get(role, role)
            sources[source] = max(sources.get(source, 0.0), own.inputs * linear.inputs)
            added.token += own.outputs * linear.outputs + own.capacity * capacity
            matrices = own.matrices + own.steps * capacity
            added.batch += matrices * linear.inputs * linear.outputs
        if row.layer is not None:
            width = anatomy.hidden
            added.token += (own.inputs + own.outputs) * width + own.capacity * capacity
            added.batch += own.matrices * width * capacity
            added.example += own.trained * row.layer(stack, capacity)
    added.token += sum(sources.values())
    return added


def _touched(module: Module, row: Technique, stack: Stack, index: int) -> Iterator[str]:
    """Roles of the linears whose inputs a technique needs."""
    if row.tensors is not None:
        trained = row.tensors(stack, index)
        yield from (role for role, x in stack.linears.items() if f"{x.path}.weight" in trained)
    elif row.injects:
        yield from (role for role in module.roles if role in stack.linears)
