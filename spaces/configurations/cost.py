"""Exact costs before training: functions of the configuration and the model's anatomy alone.

The task head is excluded but for the size of the exported file: it is the same for every
configuration of a job.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import Anatomy, Linear, Stack
from peftsearch.spaces.techniques.encoders import input_sizes
from peftsearch.spaces.techniques.table import technique

from .configuration import Configuration, Module
from .forms import shipped_form
from .recent import Recent
from .weight_files import weight_files

BYTES_PER_PARAMETER = 4
"""Adapters are stored in float32."""


def trainable_parameters(configuration: Configuration, anatomy: Anatomy) -> int:
    """Number of trained scalars, the head excluded."""
    layers = sum(_layer_sizes(configuration, anatomy))
    return layers + _shared(configuration) + _input(configuration, anatomy)


def _layer_sizes(configuration: Configuration, anatomy: Anatomy) -> Iterator[int]:
    """Trained scalars of each layer; of equal neighbours they are counted once, unless a technique
    trains tensors of the base, which may differ by layer."""
    count = _sizes(anatomy)
    last: tuple[tuple[Module, ...], int] | None = None
    for layer, (modules, place) in enumerate(
        zip(configuration.profile, _places(anatomy), strict=True)
    ):
        if last is None or modules is not last[0] or place != last[1]:
            size, own = count(modules, layer)
            last = None if own else (modules, place)
        yield size


def _count_sizes(anatomy: Anatomy) -> Callable[[tuple[Module, ...], int], tuple[int, bool]]:
    """By modules and layer: trained scalars, and whether tensors of the base are among them."""

    @lru_cache(_KEPT)
    def count(modules: tuple[Module, ...], layer: int) -> tuple[int, bool]:
        own = any(technique(x.technique).tensors is not None for x in modules)
        return layer_parameters(modules, anatomy, layer), own

    return count


_KEPT = 4096
_sizes = Recent(_count_sizes)
_places = Recent(lambda anatomy: [anatomy.place(i) for i in range(anatomy.layers)])


def layer_parameters(modules: tuple[Module, ...], anatomy: Anatomy, layer: int = 0) -> int:
    """Trained scalars of one layer, without those that several layers share."""
    return stack_parameters(modules, *anatomy.locate(layer))


def stack_parameters(modules: tuple[Module, ...], stack: Stack, index: int) -> int:
    """Trained scalars of layer `index` of a stack. Base tensors that two techniques share count
    once; roles that the stack lacks count nothing."""
    base: dict[str, int] = {}
    added = 0
    for module in modules:
        row = technique(module.technique)
        if row.tensors is not None:
            base.update(row.tensors(stack, index))
        if row.layer is not None:
            added += row.layer(stack, module.capacity)
        if row.linear is not None:
            added += sum(row.linear(x, role, module.capacity) for role, x in _aimed(module, stack))
    return sum(base.values()) + added


def _aimed(module: Module, stack: Stack) -> Iterator[tuple[str, Linear]]:
    return ((role, stack.linears[role]) for role in module.roles if role in stack.linears)


def _shared(configuration: Configuration) -> int:
    """What a technique trains once, however many layers carry it at one capacity."""
    groups = {(x.technique, x.capacity, x.rate) for layer in configuration.kinds for x in layer}
    rows = ((technique(name), capacity) for name, capacity, _ in groups)
    return sum(row.shared(capacity) for row, capacity in rows if row.shared is not None)


def _input(configuration: Configuration, anatomy: Anatomy) -> int:
    module = configuration.input
    if module is None:
        return 0
    row = technique(module.technique)
    if row.input is None or anatomy.embedding is None:
        raise UserError(
            "virtual tokens for a model that reads tokens",
            f"{module.technique} on {anatomy.family}",
            "leave `input` out",
        )
    return row.input(*input_sizes(row, anatomy, module.capacity))


def adapter_bytes(configuration: Configuration, anatomy: Anatomy) -> int:
    """Bytes of the saved adapter's tensors, without the file's header and the head."""
    profile = zip(configuration.profile, anatomy.each(), strict=True)
    stored = sum(_stored(modules, stack) for modules, (stack, _) in profile)
    stored += _stored_input(configuration.input, anatomy)
    return BYTES_PER_PARAMETER * trainable_parameters(configuration, anatomy) + stored


def _stored_input(module: Module | None, anatomy: Anatomy) -> int:
    """Bytes of virtual tokens that are saved beside the trained scalars."""
    row = technique(module.technique) if module is not None else None
    if module is None or row is None or anatomy.embedding is None or row.saved is None:
        return 0
    if row.saved.input is None or row.input is None:
        return 0
    sizes = input_sizes(row, anatomy, module.capacity)
    return sum(x.bytes for x in row.saved.input(*sizes)) - BYTES_PER_PARAMETER * row.input(*sizes)


def _stored(modules: tuple[Module, ...], stack: Stack) -> int:
    """Bytes of one layer that are saved beside the trained scalars."""
    return sum(
        count(linear, role, module.capacity)
        for module in modules
        if (count := technique(module.technique).stored) is not None
        for role, linear in _aimed(module, stack)
    )


def export_bytes(configuration: Configuration, anatomy: Anatomy) -> int:
    """Size of the file of weights that ships: header, adapter and head, which must be known."""
    form = shipped_form(configuration, anatomy)
    return weight_files(anatomy).size(configuration, form, anatomy.head or ())


def backward_depth(configuration: Configuration, anatomy: Anatomy) -> int:
    """Number of layers that the backward pass visits: from the top down to the lowest adapted,
    or all of them below virtual tokens."""
    if configuration.input is not None:
        return anatomy.layers
    adapted = [layer for layer, modules in enumerate(configuration.profile) if modules]
    return anatomy.layers - adapted[0] if adapted else 0
