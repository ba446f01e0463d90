"""Configurations as people and lists write them, so that one text fits models of other depths.

Boundaries may be shares of the depth, a placement may be named, and roles may be `all` or left to
the technique and the family. `written_form` writes such a text from a configuration.
"""

from collections.abc import Mapping
from dataclasses import replace
from operator import index
from typing import Any

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import ROLES, Anatomy
from peftsearch.spaces.techniques.applicability import resolve_roles
from peftsearch.spaces.techniques.table import NOMINAL_RATE, technique

from .configuration import Configuration, Module, Stratum
from .hyperparameters import HYPERPARAMETERS, Hyperparameters
from .places import PLACEMENTS, place
from .recipes import RANK, recipe

_ALL = "all"


def read_written(data: Mapping[str, Any], anatomy: Anatomy) -> Configuration:
    """A configuration that a user wrote: whole, or a recipe with its rank.

    Raises:
        UserError: It is no configuration, or names no recipe.
    """
    if "recipe" not in data:
        return _fit_roles(Configuration.from_json(data, anatomy.layers), anatomy)
    known = {"recipe", "rank", "learning_rate", *HYPERPARAMETERS}
    if unknown := sorted(set(data) - known):
        raise UserError(
            f"keys among {', '.join(sorted(known))} beside a recipe", unknown[0], "remove it"
        )
    try:
        rank = index(data.get("rank", RANK))
        rate = float(data.get("learning_rate", NOMINAL_RATE))
        training = Hyperparameters.read(data)
    except (TypeError, ValueError) as error:
        raise UserError(
            "a whole rank and a learning_rate beside a recipe", str(error), "correct it"
        ) from error
    return replace(recipe(str(data["recipe"]), anatomy, rank, rate), training=training)


def written_form(configuration: Configuration, anatomy: Anatomy) -> dict[str, Any]:
    """Plain data by shares of the depth; on the same model `read_written` gives the same key.

    Raises:
        UserError: Its modules lie in layers that no placement names.
    """
    data = configuration.to_json()
    strata = [x for x in configuration.strata if x.start < x.stop]
    return data | {"strata": [_write_stratum(x, anatomy) for x in strata]}


def _write_stratum(stratum: Stratum, anatomy: Anatomy) -> dict[str, Any]:
    share = {x: getattr(stratum, x) / anatomy.layers for x in ("start", "stop")}
    modules = [_write_module(x, anatomy) for x in stratum.modules]
    data: dict[str, Any] = {**share, "modules": modules} if modules else dict(share)
    if not modules or len(stratum.carriers) == stratum.stop - stratum.start:
        return data
    for name in PLACEMENTS:
        if place(name, stratum.start, stratum.stop) == stratum.carriers:
            return data | {"layers": name}
    expected, got = f"layers by {', '.join(PLACEMENTS)}", f"layers {list(stratum.carriers)}"
    raise UserError(expected, got, "write it by layers, for a model of this depth alone")


def _write_module(module: Module, anatomy: Anatomy) -> dict[str, Any]:
    row = technique(module.technique)
    data: dict[str, Any] = {"technique": row.name}
    if row.capacities:
        data["capacity"] = module.capacity
    if row.injects and module.roles != _fixed(module, anatomy):
        every = module.roles == resolve_roles(ROLES, anatomy)
        data["roles"] = [_ALL] if every else list(module.roles)
    return data if module.rate == 1.0 else data | {"rate": module.rate}


def _fit_roles(configuration: Configuration, anatomy: Anatomy) -> Configuration:
    def fit(module: Module) -> Module:
        if not technique(module.technique).injects:
            return module
        aimed = [x for role in module.roles for x in _resolve(role, anatomy)]
        return replace(module, roles=tuple(aimed) or _fixed(module, anatomy))

    strata = (replace(x, modules=tuple(map(fit, x.modules))) for x in configuration.strata)
    return replace(configuration, strata=tuple(strata))


def _resolve(role: str, anatomy: Anatomy) -> tuple[str, ...]:
    """All roles of the family, the one itself, or the matrix that the family fuses it into."""
    if role == _ALL:
        return resolve_roles(ROLES, anatomy)
    return (role,) if role in anatomy.linears else resolve_roles((role,), anatomy) or (role,)


def _fixed(module: Module, anatomy: Anatomy) -> tuple[str, ...]:
    """The roles that a technique has by itself, those of the family; sorted."""
    own = technique(module.technique).roles or ()
    return tuple(sorted(x for x in own if x in anatomy.linears))
