"""The other choices of a space: boundaries, roles, learning rates, virtual tokens."""

import math
from itertools import pairwise

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Module
from peftsearch.spaces.families.anatomy import ROLES, Anatomy
from peftsearch.spaces.jobspec.space_section import SpaceSpec
from peftsearch.spaces.techniques.applicability import find_input_obstacle, resolve_roles
from peftsearch.spaces.techniques.table import TECHNIQUES, technique

from .bundles import read_ladder

STEPS_PER_DECADE = 8
USUAL_RATES = (10**-3.75, 10**-2.25)


def read_boundaries(chosen: SpaceSpec, anatomy: Anatomy) -> tuple[tuple[int, int], ...]:
    """The range of layers of each inner boundary, ascending; all layers where none is written.

    Raises:
        UserError: There are not as many as strata less one, or they leave the model or the order.
    """
    inner = (chosen.strata or 1) - 1
    written = chosen.boundaries or ((0, anatomy.layers),) * inner
    if len(written) != inner:
        raise UserError(
            f"{inner} inner boundaries for {inner + 1} strata", f"{len(written)}", "correct them"
        )
    ranges = tuple((_layer(low, anatomy), _layer(high, anatomy)) for low, high in written)
    for low, high in ranges:
        if not 0 <= low <= high <= anatomy.layers:
            raise UserError(
                f"boundaries between 0 and the model's {anatomy.layers} layers",
                f"[{low}, {high}]",
                "correct space.boundaries",
            )
    if any(low > above[0] or high > above[1] for (low, high), above in pairwise(ranges)):
        raise UserError(
            "boundaries in ascending order", f"{list(ranges)}", "correct space.boundaries"
        )
    return ranges


def _layer(boundary: int | float, anatomy: Anatomy) -> int:
    """A layer index; a number with a decimal point is a fraction of the depth."""
    return round(boundary * anatomy.layers) if isinstance(boundary, float) else boundary


def read_role_sets(chosen: SpaceSpec, anatomy: Anatomy) -> tuple[tuple[str, ...], ...]:
    """The sets of roles that a module may take, each as the model has them, without doubles.

    Raises:
        UserError: A role is unknown, or the model has none of them.
    """
    sets = [_role_set(text, anatomy) for text in chosen.roles or ()]
    usable = tuple(dict.fromkeys(roles for roles in sets if roles))
    if not usable:
        known = ", ".join(anatomy.linears)
        got = ", ".join(chosen.roles or ())
        raise UserError(f"roles among {known} for {anatomy.family}", got, "correct space.roles")
    return usable


def _role_set(text: str, anatomy: Anatomy) -> tuple[str, ...]:
    names = ROLES if text == "all" else tuple(name.strip() for name in text.split("+"))
    if unknown := [name for name in names if name not in ROLES]:
        raise UserError(
            f"roles among {', '.join(ROLES)}, or all", repr(unknown[0]), "correct space.roles"
        )
    return resolve_roles(names, anatomy)


def read_rates(chosen: SpaceSpec) -> tuple[float, ...]:
    """The points of the grid of 1/8 decade within the range of learning rates.

    Raises:
        UserError: The range is none, or holds no point.
    """
    low, high = chosen.learning_rates or USUAL_RATES
    if not 0 < low <= high < 1:
        raise UserError(
            "learning_rates as [low, high] between 0 and 1", f"[{low}, {high}]", "correct them"
        )
    first = math.ceil(STEPS_PER_DECADE * math.log10(low) - 1e-9)
    last = math.floor(STEPS_PER_DECADE * math.log10(high) + 1e-9)
    rates = tuple(10 ** (step / STEPS_PER_DECADE) for step in range(first, last + 1))
    if not rates:
        raise UserError(
            "learning_rates that hold a point of the grid of 1/8 decade",
            f"[{low}, {high}]",
            "widen them",
        )
    return rates


def read_factors(chosen: SpaceSpec) -> tuple[float, ...]:
    """The factors on the learning rate of a stratum, ascending; 1 where none is written.

    Raises:
        UserError: One is not above 0 and at most 100.
    """
    factors = tuple(sorted(set(chosen.rate_factors or (1.0,))))
    if not 0 < factors[0] <= factors[-1] <= 100:
        raise UserError(
            "rate_factors between 0 and 100", f"{list(factors)}", "correct space.rate_factors"
        )
    return factors


def read_input_sizes(chosen: SpaceSpec, anatomy: Anatomy) -> list[tuple[int, ...]]:
    """How many virtual tokens each technique of them may have."""
    return [_read_sizes(chosen, anatomy, x) for x in chosen.inputs or () if x != "none"]


def read_inputs(chosen: SpaceSpec, anatomy: Anatomy, length: int) -> tuple[Module | None, ...]:
    """None, and each technique of virtual tokens at each of its capacities.

    Args:
        length: Tokens of the longest example. In a decoder virtual tokens take positions too.
    """
    room = math.inf
    if anatomy.causal and anatomy.positions is not None:
        room = anatomy.positions - length
    found: list[Module | None] = []
    for name in dict.fromkeys(chosen.inputs or ("none",)):
        if name == "none":
            found.append(None)
            continue
        sizes = [x for x in _read_sizes(chosen, anatomy, name) if x <= room]
        if not sizes:
            raise UserError(
                f"room for virtual tokens beside {length} of an example",
                f"{anatomy.positions} positions of {anatomy.family}",
                "set a lower task.max_length",
            )
        found += [Module(name, size) for size in sizes]
    return tuple(found)


def _read_sizes(chosen: SpaceSpec, anatomy: Anatomy, name: str) -> tuple[int, ...]:
    _check_input(name, anatomy)
    ladder = (chosen.capacities or {}).get(name, technique(name).capacities)
    return tuple(read_ladder(ladder, name, False))


def _check_input(name: str, anatomy: Anatomy) -> None:
    if technique(name).input is None:
        known = ", ".join(x.name for x in TECHNIQUES.usable() if x.input is not None)
        raise UserError(f"space.inputs among none, {known}", repr(name), "correct it")
    if find_input_obstacle(anatomy):
        raise UserError(
            "space.inputs = ['none'] for a model that is no plain text encoder or decoder",
            f"{name} on {anatomy.family}",
            "leave it out",
        )
