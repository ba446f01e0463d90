"""The floating-point operations of a training: known before it, by counts of matrix products.

A product of `m x k` and `k x n` counts `2 m k n`, as PyTorch's `FlopCounterMode` counts it; what
is done number by number (norms, activation functions, softmax, the optimiser) is left out.
"""

import math
from dataclasses import dataclass, field

from peftsearch.spaces.families.anatomy import Anatomy, Linear, Stack
from peftsearch.spaces.families.attention_products import attention_by
from peftsearch.spaces.techniques.encoders import input_sizes, reads_by_encoder
from peftsearch.spaces.techniques.table import technique

from .adapter_products import Reads, count_adapter
from .configuration import Configuration, Module
from .cost import backward_depth, trainable_parameters
from .gradient_paths import MEMORY, attention_gradients, first_stage, stage_of
from .recent import Recent
from .regimes import as_trained, drops_out

_TOKENWISE = "score"
"""A head that answers for each token, of which one is then chosen."""


def training_flops(configuration: Configuration, anatomy: Anatomy) -> float:
    """Operations of all steps of one training: forward through all layers; backward down to the
    lowest adapted one, through frozen weights for the gradients of their inputs alone."""
    head = sum(math.prod(x.shape) for x in anatomy.head or ())
    if not trainable_parameters(configuration, anatomy) + head:
        return 0.0
    return training_products(as_trained(configuration, anatomy)).count(configuration)


def forward_flops(anatomy: Anatomy) -> float:
    """Operations of the frozen model on the workload's batches, without a backward pass."""
    products = training_products(anatomy)
    layers = sum(products.forward(layer, 0) for layer in range(anatomy.layers))
    return layers + products.around(0, 0)


def lower_flops(layers: int, configuration: Configuration, anatomy: Anatomy) -> float:
    """What of a training's operations is in so many of the lowest layers, where a configuration
    without virtual tokens has nothing in them: forward alone."""
    products = training_products(as_trained(configuration, anatomy))
    return sum(products.forward(layer, 0) for layer in range(layers))


@dataclass
class TrainingProducts:
    """Of one model; layers that carry the like are worked out once."""

    anatomy: Anatomy
    _known: dict[object, float] = field(default_factory=dict)

    def count(self, configuration: Configuration) -> float:
        """Operations of a training."""
        virtual, drops = configuration.virtual_tokens, drops_out(configuration, self.anatomy)
        depth = backward_depth(configuration, self.anatomy)
        lowest = self.anatomy.layers - depth
        total = self.around(virtual, 1 if depth else 0, trains=True)
        total += self._made(configuration.input)
        for layer, modules in enumerate(configuration.profile):
            ends = self._ends(layer, virtual, lowest)
            key = (self._kind(layer, modules), virtual, layer >= lowest, ends, drops)
            if key not in self._known:
                self._known[key] = self._layer(layer, modules, virtual, lowest, drops)
            total += self._known[key]
        return total

    def _made(self, module: Module | None) -> float:
        """In making virtual tokens, and what the words of a text are shifted by; where an encoder
        reads the text for them, in it too, forward alone."""
        if module is None:
            return 0.0
        row, work = technique(module.technique), self.anatomy.counted_workload
        sizes = input_sizes(row, self.anatomy, module.capacity)
        each = row.of_sequence(*sizes) * work.sequences if row.of_sequence else 0.0
        made = 2.0 * (each + (row.of_batch(*sizes) * work.batches if row.of_batch else 0.0))
        encoder = self.anatomy.encoder if reads_by_encoder(row, self.anatomy) else None
        return made if encoder is None else made + forward_flops(encoder)

    def forward(self, layer: int, virtual: int) -> float:
        """Through one frozen layer."""
        place, (stack, _) = self.anatomy.place(layer), self.anatomy.locate(layer)
        linears = sum(self._product(role, x, place, virtual) for role, x in stack.linears.items())
        relative = attention_by(self.anatomy.family).relative
        if relative:  # positions pass a matrix of their own in every batch
            numbers = self._reach(place, virtual) * self.anatomy.hidden**2
            linears += 2.0 * relative * numbers * self.anatomy.counted_workload.batches
        return linears + sum(self._attention(stack, place, virtual))

    def around(self, virtual: int, visited: int, trains: bool = False) -> float:
        """Of embeddings, head and outputs.

        Args:
            visited: 1 where gradients go on into the layers below.
            trains: Whether there is a backward pass.
        """
        workload, anatomy = self.anatomy.counted_workload, self.anatomy
        tokens, width = self._tokens(0, virtual), anatomy.embedding or anatomy.hidden
        before = 2.0 * tokens * width * anatomy.hidden if width != anatomy.hidden else 0.0
        if anatomy.embedding is None:  # every number of an image is in one patch
            numbers = workload.input_bytes / 4 * workload.sequences / max(1, workload.together)
            before += 2.0 * numbers * anatomy.hidden
        last = self._tokens(len(anatomy.stacks) - 1, virtual)
        words = 2.0 * last * anatomy.hidden * workload.words * (1 + visited * trains)
        return before + words + self._head(last, visited, trains)

    def _head(self, tokens: float, visited: int, trains: bool) -> float:
        """Matrices of the head: of one state of each sequence, forward, for their gradients, and
        for those of what they read, unless that is frozen."""
        total = 0.0
        matrices = [x for x in self.anatomy.head or () if len(x.shape) == 2]
        for i, matrix in enumerate(matrices):
            once = (
                tokens
                if matrix.name.startswith(_TOKENWISE)
                else self.anatomy.counted_workload.sequences
            )
            times = 1 + trains * (1 + (visited or i > 0))
            total += 2.0 * once * math.prod(matrix.shape) * times
        return total

    def _layer(
        self, layer: int, modules: tuple[Module, ...], virtual: int, lowest: int, drops: bool
    ) -> float:
        forward = self.forward(layer, virtual)
        if layer < lowest:
            return forward
        (stack, index), place = self.anatomy.locate(layer), self.anatomy.place(layer)
        begins, heard = self._ends(layer, virtual, lowest)
        family = attention_by(self.anatomy.family)
        first = first_stage(modules, stack, index, family.before, heard) if begins else -1
        back = sum(
            self._product(role, x, place, virtual)
            for role, x in stack.linears.items()
            if (heard if role in MEMORY else stage_of(role) > first)
        )
        own, relative, cross = self._attention(stack, place, virtual)
        asked = modules if begins else None
        back += attention_gradients(asked, stack, first, family.fused) * own
        back += relative if first <= stage_of("query") else 0.0
        back += attention_gradients(None, stack, -1, family.fused) * cross
        reads = Reads(
            self._tokens(place, virtual),
            self._tokens(0, virtual),
            self.anatomy.counted_workload.batches,
        )
        known = (modules, stack, index, self.anatomy.hidden, reads, first if begins else None)
        added, again = count_adapter(*known, drops)
        if self.anatomy.counted_workload.recomputed:
            added += forward + again
            if family.before and "mlp_out" in stack.linears:  # nobody needs what it gives
                added -= self._product("mlp_out", stack.linears["mlp_out"], place, virtual)
        return forward + back + added

    def _ends(self, layer: int, virtual: int, lowest: int) -> tuple[bool, bool]:
        """Whether gradients end within a layer, as nothing below it has any, and whether they
        reach what the encoder gave."""
        place, index = self.anatomy.place(layer), self.anatomy.locate(layer)[1]
        heard = place > 0 and lowest < self.anatomy.stacks[0].layers
        return (layer == lowest and not virtual) or (place > 0 and index == 0), heard

    def _product(self, role: str, linear: Linear, place: int, virtual: int) -> float:
        read = 0 if role in MEMORY else place
        return 2.0 * linear.inputs * linear.outputs * self._tokens(read, virtual)

    def _attention(self, stack: Stack, place: int, virtual: int) -> tuple[float, float, float]:
        """Of a stack's own tokens, with relative positions, and with what the encoder gave."""
        if "attention_output" not in stack.linears:
            return 0.0, 0.0, 0.0
        width, tokens = stack.linears["attention_output"].inputs, self._tokens(place, virtual)
        own = 4.0 * width * self._pairs(place, place, virtual)
        products = attention_by(self.anatomy.family).relative
        relative = 2.0 * products * width * tokens * self._reach(place, virtual)
        crossed = "cross_query" in stack.linears
        return own, relative, 4.0 * width * self._pairs(place, 0, virtual) if crossed else 0.0

    def _reach(self, place: int, virtual: int) -> float:
        """Relative positions to both sides."""
        mean = self._tokens(place, virtual) / max(1.0, self.anatomy.counted_workload.sequences)
        return 2 * (self.anatomy.reach or mean)

    def _tokens(self, place: int, virtual: int) -> float:
        tokens = self.anatomy.counted_workload.tokens
        extra = virtual * self.anatomy.counted_workload.sequences if place == 0 else 0
        return tokens[min(place, len(tokens) - 1)] + extra

    def _pairs(self, one: int, other: int, virtual: int) -> float:
        """Products of the lengths of two sides, virtual tokens before the first included."""
        work = self.anatomy.counted_workload
        pairs = work.pairs[min(one, len(work.pairs) - 1)][min(other, len(work.pairs) - 1)]
        for place, against in ((one, other), (other, one)):
            pairs += virtual * self._tokens(against, 0) if place == 0 else 0.0
        return pairs + (virtual**2 * work.sequences if one == other == 0 else 0.0)

    def _kind(self, layer: int, modules: tuple[Module, ...]) -> tuple[object, ...]:
        by_layer = any(technique(x.technique).tensors for x in modules)
        index = self.anatomy.locate(layer)[1] if by_layer else None
        return self.anatomy.place(layer), modules, index


training_products = Recent(TrainingProducts)
"""Those of a model; of the last few models the same object."""
