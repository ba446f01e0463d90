"""Whether a configuration can be trained on a model, decided before any training."""

from collections import Counter
from itertools import pairwise

from .anatomy import Anatomy
from .configuration import Configuration, Module, Stratum
from .errors import UserError
from .techniques import technique


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
        for module in stratum.modules:
            _check_module(module, anatomy)
        _check_overlap(stratum)


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


def _check_module(module: Module, anatomy: Anatomy) -> None:
    row = technique(module.technique)
    if missing := [role for role in module.roles if role not in anatomy.linears]:
        raise UserError(
            f"target roles among {', '.join(anatomy.linears)} for {anatomy.family}",
            repr(missing[0]),
            "correct `roles`",
        )
    if row.injects and not module.roles:
        raise UserError(f"target roles for {row.name}", "none", "name at least one in `roles`")
    if module.roles and not row.injects:
        raise UserError(
            f"no roles for {row.name}, which acts on whole layers",
            ", ".join(module.roles),
            "leave them out",
        )
    if row.capacities and module.capacity < 0:
        raise UserError(f"a capacity >= 0 for {row.name}", f"{module.capacity}", "correct it")
    if not row.capacities and module.capacity:
        raise UserError(
            f"no capacity for {row.name}, which has no size knob",
            f"{module.capacity}",
            "leave it out",
        )
    if row.tensors is not None and not row.tensors(anatomy):
        raise UserError(
            f"a technique that fits {anatomy.family}",
            f"{row.name}, but its layers have no such tensors",
            "use ln_tuning or ia3 there",
        )


def _check_overlap(stratum: Stratum) -> None:
    """Two injected modules on one linear would nest; `peft` trains just the outer one."""
    roles = Counter(
        role
        for module in set(stratum.modules)
        if technique(module.technique).injects
        for role in module.roles
    )
    if doubled := [role for role, count in roles.items() if count > 1]:
        raise UserError(
            "at most one injected module per target role and layer",
            f"two on {doubled[0]!r} in layers {stratum.start} to {stratum.stop - 1}",
            "give them different roles or different strata",
        )
