"""The dearest and the cheapest configurations of a space: the ends of its cost axis."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, compress, permutations, product
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

from .space import Space

_DRAWS = 16


def maximum_cost(space: Space, name: str) -> float:
    """About the largest value of a known cost within the bounds on it: of one bundle everywhere,
    or of two where layers differ or hold numbers in common.

    Exact but for mixtures of several techniques or sizes that each hold such numbers.
    """
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
    """Every bundle with its dearest sizes in all layers, with every kind of input, trained for
    longest, in batches of each size; of a closed space all that is listed."""
    if space.members:
        yield from space.members
        return
    strata = [x for roles in space.role_sets for x in _dear_strata(space, roles, cost)]
    for found, virtual, training in product(strata, space.inputs, _trainings(space, max)):
        yield Configuration(found, space.rates[0], virtual, training)


def _dear_strata(
    space: Space, roles: tuple[str, ...], cost: Cost
) -> Iterator[tuple[Stratum, ...]]:
    """Each bundle in all layers; two where a stack ends, since one stack may make more of one; and
    one of them in a single layer, where all of its layers hold numbers in common."""
    layers, dear = space.anatomy.layers, dict[Bundle, tuple[Module, ...]]()
    for bundle in dict.fromkeys(bundle for bundles in space.bundles for bundle in bundles):
        sizes = [_dearest_size(space, name, roles, cost) for name in sized(bundle)]
        dear[bundle] = make_modules(bundle, sizes, roles, space.anatomy)
    yield from ((Stratum(0, layers, modules),) for modules in dear.values())
    ends = set(accumulate(stack.layers for stack in space.anatomy.stacks))
    for below, above in permutations(dear if len(space.bundles) > 1 else (), 2):
        single = {1, layers - 1} if any(map(_shares, (*below, *above))) else set[int]()
        for cut in sorted(ends | single):
            if 0 < cut < layers:
                yield Stratum(0, cut, dear[below]), Stratum(cut, layers, dear[above])


def _shares(name: str) -> bool:
    """Whether layers with this technique hold numbers in common."""
    row = technique(name)
    return row.shared is not None or row.activations.projected


def _dearest_size(space: Space, name: str, roles: tuple[str, ...], cost: Cost) -> int:
    """The capacity with which a technique costs most in all layers: not always the largest, nor of
    each cost the same."""

    def whole(capacity: int) -> float:
        modules = make_modules((name,), (capacity,), roles, space.anatomy)
        strata = (Stratum(0, space.anatomy.layers, modules),)
        training = Hyperparameters.choose(space.training, max)
        return float(cost(Configuration(strata, space.rates[0], None, training), space.anatomy))

    return max([x for x in space.ladders[name] if x], key=whole)


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
