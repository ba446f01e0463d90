"""The dearest and the cheapest configurations of a space: the ends of its cost axis."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import compress, product
from typing import Any

import numpy as np

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import layer_parameters
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.placement import Bundle, make_modules, sized
from peftsearch.spaces.configurations.places import place
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, Cost, cost_function
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.table import technique

from .dearest import dearest_strata
from .space import Space

_DRAWS = 16


def maximum_cost(space: Space, name: str) -> float:
    """The largest value of a known cost within the bounds on it, by ascent over what strata carry
    (decision 0035); a little more where boundaries or a monotone space leave less room."""
    cost = cost_function(name)
    limits = [bound.limit for bound in space.bounds if bound.name == name]
    return min([max(float(cost(x, space.anatomy)) for x in _dearest(space, cost)), *limits])


def try_costs(spec: JobSpec, space: Space) -> None:
    """Compute the costs of other packages once for what a search may begin with: the probe, the
    user's own, the ends of the space, and some points between.

    Raises:
        CostError: One is no finite number, or cannot be computed.
    """
    added = [cost for name, cost in spec.known_costs.items() if name not in OBJECTIVES.own]
    if not added:
        return
    rng = np.random.default_rng(0)
    draws = (space.from_unit(rng.random(len(space.dimensions))) for _ in range(_DRAWS))
    probe = _probe(space)
    tried = (probe, *spec.try_configurations, *smallest(space), *draws)
    for cost in added:
        for configuration in (*tried, *_dearest(space, cost)):
            cost(configuration, space.anatomy)


def smallest(space: Space) -> Iterator[Configuration]:
    """Configurations among which are the cheapest that adapt something: the smallest modules in
    as few layers as may carry them, or virtual tokens alone."""
    wholes = {bundle for bundles in space.bundles for bundle in bundles}
    parts = {part for whole in wholes for part in _parts(space, whole)}
    for bundle, roles in product(sorted(parts), space.role_sets):
        for sizes in product(*(_small_sizes(space, name, roles) for name in sized(bundle))):
            yield from _top(space, make_modules(bundle, sizes, roles, space.anatomy), None)
    for virtual in space.inputs:
        yield from _top(space, (), virtual)


def _dearest(space: Space, cost: Cost) -> Iterator[Configuration]:
    """The dearest strata with every kind of input, trained for longest, in batches of each size;
    of a closed space all that is listed."""
    if space.members:
        yield from space.members
        return
    strata = list(dearest_strata(space, cost))
    for found, virtual, training in product(strata, space.inputs, _trainings(space, max)):
        yield Configuration(found, space.rates[0], virtual, training)


def _fewest(space: Space, name: str, roles: tuple[str, ...]) -> int:
    """The capacity of a technique that trains least; of some that is not the smallest."""

    def cost(capacity: int) -> int:
        modules = make_modules((name,), (capacity,), roles, space.anatomy)
        shared = technique(name).shared
        return layer_parameters(modules, space.anatomy) + (shared(capacity) if shared else 0)

    return min([x for x in space.ladders[name] if x], key=cost)


def _small_sizes(space: Space, name: str, roles: tuple[str, ...]) -> list[int]:
    """Capacities of a technique among which is the cheapest: that of the fewest parameters, and
    the ends, since bytes, memory and compute may be in another order."""
    sizes = [x for x in space.ladders[name] if x]
    return sorted({_fewest(space, name, roles), min(sizes), max(sizes)})


def _parts(space: Space, bundle: Bundle) -> Iterator[Bundle]:
    """The bundle, and what sizes of 0 can leave of it, but nothing at all."""
    choices = [(True, False) if 0 in space.ladders.get(x, ()) else (True,) for x in bundle]
    for kept in product(*choices):
        if any(kept):
            yield tuple(compress(bundle, kept))


def _top(
    space: Space, modules: tuple[Module, ...], virtual: Module | None
) -> Iterator[Configuration]:
    layers = space.anatomy.layers
    places: set[tuple[int, ...]] = {(layers - 1,)}
    if len(space.bundles) == 1 and not space.masked:
        named = (place(name, 0, layers) for name in space.placements)
        places = {x or tuple(range(layers)) for x in named}
    for kept, training in product(sorted(places), _trainings(space, min)):
        strata = (Stratum(0, layers, modules, kept),)
        yield Configuration(strata, space.rates[0], virtual, training)


def _probe(space: Space) -> Configuration:
    strata = (Stratum(0, space.anatomy.layers),)
    return Configuration(strata, space.rates[0], training=_least(space))


def _trainings(space: Space, choose: Callable[..., float]) -> Iterator[Hyperparameters]:
    """Those that take longest or shortest. Of batch sizes each, since how much they are padded
    and how many epochs they get is not in their order."""
    chosen = Hyperparameters.choose(space.training, choose)
    sizes: Sequence[Any] = space.training.get("batch_size", (None,))
    yield from (replace(chosen, batch_size=size) for size in sizes)


def _least(space: Space) -> Hyperparameters:
    return Hyperparameters.choose(space.training, min)
