"""Closed spaces: exactly the configurations of a list.

The coordinates around them are the list's own: what its strata carry, its capacities, roles,
placements and rates. They tell samplers which members are alike; what is not a member is never
feasible.
"""

from collections.abc import Iterable, Iterator, Sequence

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Ladders
from peftsearch.spaces.configurations.placement import Bundle
from peftsearch.spaces.configurations.places import PLACEMENTS, place
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.techniques.table import technique

from .inverse import join_strata
from .space import Space

_MOST_STRATA = 6
_FROZEN: Bundle = ("frozen",)


def close_space(
    listed: Iterable[Configuration],
    anatomy: Anatomy,
    bounds: tuple[Bound, ...] = (),
    training: Ladders | None = None,
) -> Space:
    """The space of a list; what means one training counts once.

    Args:
        listed: At least one, each of which fits the model.
        bounds: Hard bounds on known costs; members that break one are never proposed.
        training: Ascending values of each hyperparameter that is searched.
    """
    found: dict[str, Configuration] = {}
    for configuration in listed:
        found.setdefault(configuration.key, configuration)
    members = tuple(found.values())
    runs = [join_strata(x) for x in members]
    modules = [x for each in runs for run in each for x in run.modules]
    bundles = tuple(sorted({_bundle(run) for each in runs for run in each}))
    strata = min(max(map(len, runs)), _MOST_STRATA)
    return Space(
        anatomy=anatomy,
        bundles=(bundles,) * strata,
        boundaries=((0, anatomy.layers),) * (strata - 1),
        ladders=_ladders(modules),
        role_sets=_role_sets(modules) or (tuple(sorted(anatomy.linears)),),
        placements=tuple(_placements(run for each in runs for run in each)),
        rates=tuple(sorted({x.learning_rate for x in members})),
        factors=tuple(sorted({x.rate for x in modules})) or (1.0,),
        inputs=tuple(dict.fromkeys(x.input for x in members)),
        bounds=bounds,
        training=dict(training or {}),
        members=members,
    )


def _bundle(run: Stratum) -> Bundle:
    return tuple(sorted({x.technique for x in run.modules})) or _FROZEN


def _ladders(modules: Sequence[Module]) -> dict[str, tuple[int, ...]]:
    sizes: dict[str, set[int]] = {}
    for module in modules:
        if technique(module.technique).capacities:
            sizes.setdefault(module.technique, set()).add(module.capacity)
    return {name: tuple(sorted(found)) for name, found in sizes.items()}


def _role_sets(modules: Sequence[Module]) -> tuple[tuple[str, ...], ...]:
    rows = ((x, technique(x.technique)) for x in modules)
    return tuple(dict.fromkeys(x.roles for x, row in rows if row.injects and row.roles is None))


def _placements(runs: Iterable[Stratum]) -> Iterator[str]:
    found = [(run.start, run.stop, run.layers) for run in runs if run.layers is not None]
    yield "all"
    for name in PLACEMENTS:
        if any(place(name, start, stop) == layers for start, stop, layers in found):
            yield name
