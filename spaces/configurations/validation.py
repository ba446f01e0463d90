"""Whether a configuration can be trained on a model, decided before any training."""

import math
from collections import Counter
from itertools import pairwise

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import FUSED, Anatomy, Stack
from peftsearch.spaces.techniques.applicability import find_input_obstacle, find_stack_obstacle
from peftsearch.spaces.techniques.table import technique

from .configuration import Configuration, Module, Stratum


def check_configuration(configuration: Configuration, anatomy: Anatomy) -> None:
    """Refuse what cannot be built.

    Raises:
        UserError: Strata do not tile the model, a placement leaves its stratum, or a module does
            not fit the family, its ladder, or the other modules of its layer.
    """
    _check_tiling(configuration.strata, anatomy.layers)
    if not 0 < configuration.learning_rate < 1:
        raise UserError(
            "a learning rate between 0 and 1", f"{configuration.learning_rate}", "correct it"
        )
    for stratum in configuration.strata:
        stacks = _stacks(stratum, anatomy)
        for module in stratum.modules:
            _check_module(module, anatomy)
            _check_fit(module, stacks, anatomy)
        _check_overlap(stratum)
    if configuration.input is not None:
        _check_input(configuration.input, anatomy)


def _check_tiling(strata: tuple[Stratum, ...], layers: int) -> None:
    edges = [(stratum.start, stratum.stop) for stratum in strata]
    tiled = (
        bool(edges)
        and edges[0][0] == 0
        and edges[-1][1] == layers
        and all(start <= stop for start, stop in edges)
        and all(left[1] == right[0] for left, right in pairwise(edges))
    )
    if not tiled:
        raise UserError(
            f"strata that tile the model's layers from 0 to {layers}",
            f"boundaries {edges}",
            "correct start and stop (stop is exclusive)",
        )
    for stratum in strata:
        outside = [x for x in stratum.carriers if not stratum.start <= x < stratum.stop]
        if outside:
            raise UserError(
                f"a placement within layers {stratum.start} to {stratum.stop - 1}",
                f"layer {outside[0]}",
                "correct `layers` of the stratum",
            )


def _stacks(stratum: Stratum, anatomy: Anatomy) -> list[Stack]:
    """The stacks whose layers carry the stratum's modules; an empty one is checked on all."""
    found = [anatomy.locate(layer)[0] for layer in stratum.carriers] or list(anatomy.stacks)
    return [stack for i, stack in enumerate(found) if stack not in found[:i]]


def _check_module(module: Module, anatomy: Anatomy) -> None:
    row = technique(module.technique)
    for role in module.roles:
        _check_role(role, anatomy)
    if row.input is not None:
        raise UserError(
            "techniques that act in layers", row.name, "write it as `input` of the configuration"
        )
    if row.injects and not module.roles:
        raise UserError(f"target roles for {row.name}", "none", "name at least one in `roles`")
    if module.roles and not row.injects:
        raise UserError(
            f"no roles for {row.name}, which acts on whole layers",
            ", ".join(module.roles),
            "leave them out",
        )
    if not 0 < module.rate < math.inf:
        raise UserError("a positive factor on the learning rate", f"{module.rate}", "correct it")
    _check_capacity(module)


def _check_role(role: str, anatomy: Anatomy) -> None:
    if role in anatomy.linears:
        return
    fused = [x for x, parts in FUSED.items() if role in parts and x in anatomy.linears]
    hint = f"use {fused[0]}, which holds it" if fused else "correct `roles`"
    known = ", ".join(anatomy.linears)
    raise UserError(f"target roles among {known} for {anatomy.family}", repr(role), hint)


def _check_capacity(module: Module) -> None:
    row = technique(module.technique)
    if row.capacities and module.capacity < 0:
        raise UserError(f"a capacity >= 0 for {row.name}", f"{module.capacity}", "correct it")
    if not row.capacities and module.capacity:
        raise UserError(
            f"no capacity for {row.name}, which has one size only",
            f"{module.capacity}",
            "leave it out",
        )


def _check_fit(module: Module, stacks: list[Stack], anatomy: Anatomy) -> None:
    row = technique(module.technique)
    if row.capacities and module.capacity == 0:
        return
    for stack in stacks:
        if reason := find_stack_obstacle(row, stack, module.roles, module.capacity):
            size = f" at {row.capacity_name} {module.capacity}" if module.capacity else ""
            raise UserError(
                f"a technique that fits {anatomy.family}",
                f"{row.name}{size}, but {reason}",
                "use another technique or other roles there",
            )
    if row.injects and not any(role in x.linears for x in stacks for role in module.roles):
        raise UserError(
            f"roles that the layers of {row.name} have",
            ", ".join(module.roles),
            "correct `roles` of the stratum",
        )


def _check_input(module: Module, anatomy: Anatomy) -> None:
    row = technique(module.technique)
    if row.input is None:
        raise UserError(
            "a technique of virtual tokens as `input`", row.name, "write it under a stratum"
        )
    if reason := find_input_obstacle(anatomy):
        raise UserError(
            f"no virtual tokens for {anatomy.family}, which has {reason}",
            row.name,
            "leave `input` out",
        )
    if module.roles:
        raise UserError(f"no roles for {row.name}", ", ".join(module.roles), "leave them out")
    if module.capacity < 1:
        raise UserError(f"at least one token for {row.name}", f"{module.capacity}", "correct it")


def _check_overlap(stratum: Stratum) -> None:
    """Two injected modules on one linear would nest; `peft` trains just the outer one."""
    distinct = set(stratum.modules)
    roles = Counter(
        role for module in distinct if technique(module.technique).injects for role in module.roles
    )
    where = f"in layers {stratum.start} to {stratum.stop - 1}"
    if doubled := [role for role, count in roles.items() if count > 1]:
        raise UserError(
            "at most one injected module per target role and layer",
            f"two on {doubled[0]!r} {where}",
            "give them different roles or different strata",
        )
    names = Counter(x.technique for x in distinct if not technique(x.technique).injects)
    if doubled := [name for name, count in names.items() if count > 1]:
        raise UserError(
            "a technique at most once per layer", f"{doubled[0]} twice {where}", "keep one of them"
        )
