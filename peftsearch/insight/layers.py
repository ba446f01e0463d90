"""The strata map: which technique sits on which module of which layer, and how large it is."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.families.anatomy import Anatomy, Stack
from peftsearch.spaces.techniques.table import technique

LAYER_COLUMNS = ("biases", "norms", "layer")
"""Columns beside the target roles; `layer` holds what stands beside a layer's linears."""

_Sharing = Mapping[Module, int]


def layer_map(configuration: Configuration, anatomy: Anatomy) -> dict[str, Any]:
    """Plain data for the map, layers from the input to the output.

    Of a module, `parameters` is what it trains in that layer and `columns` the same by column.
    What two techniques train together counts for the first. `shared` is `{layer, parameters}` of
    what several layers train together; it counts in the lowest of them. So all modules and the
    input sum up to `trainable_parameters`. `fill`, from 0 to 1, is the capacity's place on its
    ladder, on a log scale; 1 without a capacity. Strata that carry the same and of which nobody
    can tell where the one ends have one `stratum`, that of the lowest.
    """
    sharing, strata = _find_sharing(configuration), _stratum_indices(configuration)
    layers = [
        {
            "index": layer,
            "stack": _stack_index(anatomy, layer),
            "stratum": strata[layer],
            "modules": list(_modules(modules, *anatomy.locate(layer), layer, sharing)),
        }
        for layer, modules in enumerate(configuration.profile)
    ]
    return {
        "layers": layers,
        "columns": _columns(layers, anatomy),
        "stacks": [_stack(stack, i, anatomy) for i, stack in enumerate(anatomy.stacks)],
        "boundaries": _boundaries(configuration),
        "input": _input(configuration, anatomy),
        "largest": {x.technique: _largest(x) for x in _all_modules(configuration)},
        "capacity_names": {
            x.technique: technique(x.technique).capacity_name for x in _all_modules(configuration)
        },
    }


def _modules(
    modules: tuple[Module, ...], stack: Stack, index: int, layer: int, sharing: _Sharing
) -> Iterator[dict[str, Any]]:
    taken: set[str] = set()
    for module in modules:
        columns = _count(module, stack, index, taken)
        shared = _shared(module, sharing)
        if shared and shared["layer"] == layer:
            columns[next(iter(columns), "layer")] += shared["parameters"]
        yield _plain(module, columns) | {"shared": shared}


def _plain(module: Module, columns: Mapping[str, int]) -> dict[str, Any]:
    return {
        "technique": module.technique,
        "group": technique(module.technique).group,
        "capacity": module.capacity,
        "label": _label(module),
        "fill": _fill(module),
        "roles": list(module.roles),
        "rate": module.rate,
        "parameters": sum(columns.values()),
        "columns": dict(columns),
    }


def _count(module: Module, stack: Stack, index: int, taken: set[str]) -> defaultdict[str, int]:
    """Parameters by column; base tensors that the module trains are added to `taken`."""
    row = technique(module.technique)
    found: defaultdict[str, int] = defaultdict(int)
    for path, size in (row.tensors(stack, index) if row.tensors else {}).items():
        found[_column(path, stack, module)] += 0 if path in taken else size
        taken.add(path)
    if row.layer is not None:
        found["layer"] += row.layer(stack, module.capacity)
    if row.linear is not None:
        for role in module.roles:
            if role in stack.linears:
                found[role] += row.linear(stack.linears[role], role, module.capacity)
    return found


def _column(path: str, stack: Stack, module: Module) -> str:
    """Column of a base tensor. A norm's bias stands with the norms where they alone are meant."""
    for role, linear in stack.linears.items():
        if path == f"{linear.path}.weight":
            return role
    if path.endswith(".bias") and technique(module.technique).group != "norm":
        return "biases"
    return "norms" if path.rpartition(".")[0] in {norm.path for norm in stack.norms} else "layer"


def _find_sharing(configuration: Configuration) -> dict[Module, int]:
    """The lowest layer of each kind of module that has parameters for all its layers together."""
    found: dict[Module, int] = {}
    for layer, modules in enumerate(configuration.profile):
        for module in modules:
            if technique(module.technique).shared is not None:
                found.setdefault(_kind(module), layer)
    return found


def _kind(module: Module) -> Module:
    return Module(module.technique, module.capacity, (), module.rate)


def _shared(module: Module, sharing: _Sharing) -> dict[str, int] | None:
    count = technique(module.technique).shared
    if count is None:
        return None
    return {"layer": sharing[_kind(module)], "parameters": count(module.capacity)}


def _input(configuration: Configuration, anatomy: Anatomy) -> dict[str, Any] | None:
    module = configuration.input
    if module is None:
        return None
    alone = replace(configuration, strata=(Stratum(0, configuration.depth),))
    return _plain(module, {"input": trainable_parameters(alone, anatomy)})


def _all_modules(configuration: Configuration) -> list[Module]:
    virtual = [] if configuration.input is None else [configuration.input]
    return [*virtual, *(module for modules in configuration.profile for module in modules)]


def _largest(module: Module) -> int:
    return max((*technique(module.technique).capacities, module.capacity))


def _fill(module: Module) -> float:
    if not module.capacity:
        return 1.0
    return round(math.log1p(module.capacity) / math.log1p(_largest(module)), 3)


def _label(module: Module) -> str:
    if not module.capacity:
        return ""
    return f"{'r' * (technique(module.technique).capacity_name == 'rank')}{module.capacity}"


def _columns(layers: list[dict[str, Any]], anatomy: Anatomy) -> list[str]:
    used = {column for x in layers for module in x["modules"] for column in module["columns"]}
    return [*anatomy.linears, *(x for x in LAYER_COLUMNS if x in used)]


def _stack(stack: Stack, index: int, anatomy: Anatomy) -> dict[str, Any]:
    """Name of a stack where there are several, how many layers and which roles it has."""
    name = ("encoder", "decoder")[index] if len(anatomy.stacks) == 2 else ""
    return {"name": name, "layers": stack.layers, "roles": list(stack.linears)}


def _stack_index(anatomy: Anatomy, layer: int) -> int:
    stacks = (i for i, stack in enumerate(anatomy.stacks) for _ in range(stack.layers))
    return next(islice(stacks, layer, None))


def _stratum_indices(configuration: Configuration) -> list[int]:
    """For each layer the stratum that it is shown in."""
    seen, found, last = _boundaries(configuration), list[int](), -1
    for index, stratum in enumerate(configuration.strata):
        if stratum.start == stratum.stop:
            continue
        joins = last >= 0 and stratum.start not in seen
        if not (joins and stratum.acting == configuration.strata[last].acting):
            last = index
        found += [last] * (stratum.stop - stratum.start)
    return found


def _boundaries(configuration: Configuration) -> list[int]:
    """Layers at which a stratum begins whose layers carry something else than those below, the
    first apart: of equal ones nobody can tell where the one ends."""
    starts = {x.start for x in configuration.strata if x.stop > x.start}
    profile = configuration.profile
    return sorted(x for x in starts - {0} if profile[x] != profile[x - 1])
