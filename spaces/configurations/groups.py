"""What a configuration wraps by `peft`, and whether one configuration of `peft` says it all."""

from collections import defaultdict
from dataclasses import replace

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import Technique, technique

from .configuration import Configuration, Module

Group = tuple[str, int, float]
"""A technique, its capacity, and the factor on its learning rate."""


def injected_groups(configuration: Configuration, anatomy: Anatomy) -> dict[Group, list[str]]:
    """Full names of the linears of each group; groups sorted, names in the order of layers. Roles
    that a layer lacks are skipped."""
    groups: dict[Group, list[str]] = defaultdict(list)
    for layer, modules in enumerate(configuration.profile):
        linears = anatomy.locate(layer)[0].linears
        for module in modules:
            if technique(module.technique).injects and technique(module.technique).peft:
                names = [
                    anatomy.module(layer, linears[role].path)
                    for role in module.roles
                    if role in linears
                ]
                groups[module.technique, module.capacity, module.rate].extend(names)
    return {group: names for group, names in sorted(groups.items()) if names}


def in_peft(configuration: Configuration) -> Configuration:
    """The configuration as `peft` may hold it: techniques whose changes another one can say, by
    that one. The configuration itself where there are none."""
    if not any(technique(name).peft_as for name in configuration.techniques):
        return configuration
    strata = (
        replace(stratum, modules=tuple(_as_held(x) for x in stratum.modules))
        for stratum in configuration.strata
    )
    return replace(configuration, strata=tuple(strata))


def _as_held(module: Module) -> Module:
    return replace(module, technique=technique(module.technique).peft_as or module.technique)


def peft_row(configuration: Configuration) -> Technique | None:
    """The technique whose single `peft` configuration means this adapter; None where none does."""
    if configuration.input is not None:
        return None
    used = configuration.techniques
    exported = [name for name in used if technique(name).exports]
    if len(exported) != 1:
        return None
    row = technique(exported[0])
    beside = [technique(name).beside_peft for name in used if name != row.name]
    if not all(row.peft in options for options in beside):
        return None
    if row.writes_base or row.capacity_pattern:
        return row
    # Some techniques draw frozen tensors for each group of linears.
    modules = {x for layer in configuration.profile for x in layer if x.technique == row.name}
    return row if len({(x.capacity, x.rate) for x in modules}) == 1 else None
