"""How much of a forward pass is kept until the backward pass: known before training.

A bound from above: the lowest adapted layer counts in full, wherever in it the gradients end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from peftsearch.spaces.families.anatomy import Anatomy, Linear, Stack
from peftsearch.spaces.families.attention_products import attention_by
from peftsearch.spaces.families.kept_activations import kept_by
from peftsearch.spaces.techniques.activations import Activations
from peftsearch.spaces.techniques.table import technique
from peftsearch.spaces.techniques.technique import Technique

from .configuration import Configuration, Module
from .cost import backward_depth
from .recent import Recent
from .regimes import drops_out

BYTES_PER_ACTIVATION = 4
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
_POSITIONED = ("query", "key")
"""Roles whose linears relative positions pass too; adapted ones keep one more tensor."""


@dataclass
class _Added:
    """Numbers that a layer's modules keep: for each token, each example, and the whole batch."""

    token: float = 0.0
    example: float = 0.0
    batch: float = 0.0


@dataclass
class KeptActivations:
    """Of the largest batch of a model's workload; layers with the like are worked out once."""

    anatomy: Anatomy
    _known: dict[object, float] = field(default_factory=dict)

    def count(self, configuration: Configuration) -> float:
        """Numbers kept, the head's and the outputs' apart. Where layers are recomputed, their
        inputs, and all of one layer."""
        virtual, drops = configuration.virtual_tokens, drops_out(configuration, self.anatomy)
        lowest = self.anatomy.layers - backward_depth(configuration, self.anatomy)
        layers = range(lowest, self.anatomy.layers)
        each = [self._layer(x, configuration.profile[x], virtual, drops) for x in layers]
        if not self.anatomy.counted_workload.recomputed:
            return sum(each)
        return sum(self._inputs(x, virtual) for x in layers) + max(each, default=0.0)

    def tokens(self, place: int, virtual: int) -> int:
        """Of the longest sequence, as a stack sees it. Virtual ones stand before the first one's;
        a decoder keeps as much for what it reads as for what it writes."""
        longest = self.anatomy.counted_workload.longest
        return max(longest[: place + 1]) + virtual

    def _inputs(self, layer: int, virtual: int) -> float:
        tokens = self.tokens(self.anatomy.place(layer), virtual)
        return self.anatomy.counted_workload.together * tokens * self.anatomy.hidden

    def _layer(self, layer: int, modules: tuple[Module, ...], virtual: int, drops: bool) -> float:
        place, (stack, index) = self.anatomy.place(layer), self.anatomy.locate(layer)
        by_layer = any(technique(x.technique).tensors for x in modules)
        key = (place, modules, virtual, drops, index if by_layer else None)
        if key not in self._known:
            tokens = self.tokens(place, virtual)
            reach = 2 * (self.anatomy.reach or tokens)
            positions = reach if attention_by(self.anatomy.family).relative else 0
            added = _count_modules(modules, self.anatomy, stack, index, drops, positions)
            each = kept_by(self.anatomy, place).count(self.anatomy, stack, tokens) + added.token
            example = tokens * each + added.example
            self._known[key] = self.anatomy.counted_workload.together * example + added.batch
        return self._known[key]


kept_activations = Recent(KeptActivations)
"""Those of a model; of the last few models the same object."""


def activation_bytes(configuration: Configuration, anatomy: Anatomy) -> float:
    """Bytes kept of the workload's largest batch in float32, the head's and the outputs' apart."""
    return BYTES_PER_ACTIVATION * kept_activations(anatomy).count(configuration)


def _count_modules(
    modules: tuple[Module, ...],
    anatomy: Anatomy,
    stack: Stack,
    index: int,
    drops: bool,
    positions: float,
) -> _Added:
    """Of one layer.

    Args:
        positions: Relative ones, which pass the matrices of queries and keys in each batch.
    """
    sources: dict[object, float] = {}
    added = _Added()
    for module in modules:
        row, capacity = technique(module.technique), module.capacity
        own = row.keeps(drops)
        for role in _touched(module, row, stack, index):
            linear = stack.linears[role]
            trained = row.linear(linear, role, capacity) if row.linear is not None else 0
            source, read = _SOURCES.get(role, role), own.inputs * linear.inputs
            sources[source] = max(sources.get(source, 0.0), read)
            token = _of_token(own, linear, capacity, trained)
            added.token += token
            again = bool(positions) and role in _POSITIONED
            added.batch += (1 + again) * _of_batch(own, linear, capacity, trained)
            added.batch += again * positions * (token + read)
            sources[_POSITIONED] = max(sources.get(_POSITIONED, 0.0), again * linear.outputs)
        if row.layer is not None:
            width, trained = anatomy.hidden, row.layer(stack, capacity)
            added.token += (own.inputs + own.outputs) * width + own.capacity * capacity
            added.batch += own.matrices * width * capacity + own.made * trained
            added.example += own.trained * trained
    added.token += sum(sources.values())
    return added


def _of_token(own: Activations, linear: Linear, capacity: int, trained: int) -> float:
    """What a linear keeps of each token by itself."""
    sized = own.own * linear.inputs + own.outputs * linear.outputs + own.capacity * capacity
    return sized + own.scaled * trained + own.rank


def _of_batch(own: Activations, linear: Linear, capacity: int, trained: int) -> float:
    """What a linear keeps however many tokens there are."""
    n, o = linear.inputs, linear.outputs
    whole = (own.matrices + own.steps * capacity) * n * o
    return whole + own.made * trained + own.rank * (n + o)


def _touched(module: Module, row: Technique, stack: Stack, index: int) -> Iterator[str]:
    """Roles of the linears whose inputs a technique needs."""
    if row.tensors is not None:
        trained = row.tensors(stack, index)
        yield from (role for role, x in stack.linears.items() if f"{x.path}.weight" in trained)
    elif row.injects:
        yield from (role for role in module.roles if role in stack.linears)
