"""From a space's choices to the modules of a stratum."""

from collections.abc import Sequence

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import technique

from .configuration import Module

Bundle = tuple[str, ...]
"""Techniques that a stratum carries together."""


def sized(bundle: Bundle) -> tuple[str, ...]:
    """The bundle's techniques that come in several sizes, in its order."""
    return tuple(name for name in bundle if technique(name).capacities)


def make_modules(
    bundle: Bundle,
    sizes: Sequence[int],
    roles: tuple[str, ...],
    anatomy: Anatomy,
    rate: float = 1.0,
) -> tuple[Module, ...]:
    """Modules of a bundle.

    Args:
        sizes: Capacity of each of its sized techniques, in its order; more are ignored.
        roles: Targets of techniques that leave them open; fixed ones keep those that the family
            has.
        rate: Factor on their learning rate.
    """
    capacities = dict(zip(sized(bundle), sizes, strict=False))
    modules = []
    for name in bundle:
        row = technique(name)
        if row.adapts:
            aimed = tuple(x for x in row.roles or roles if x in anatomy.linears)
            capacity = capacities.get(name, 0)
            modules.append(Module(name, capacity, aimed if row.injects else (), rate))
    return tuple(modules)
