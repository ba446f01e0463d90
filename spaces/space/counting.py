"""How many configurations a space holds."""

import math
from collections.abc import Sequence
from itertools import accumulate, product

from peftsearch.spaces.configurations.configuration import Module
from peftsearch.spaces.configurations.cost import layer_parameters
from peftsearch.spaces.configurations.placement import Bundle, make_modules, sized
from peftsearch.spaces.techniques.table import technique

from .space import Space


def count_bases(space: Space) -> int:
    """Number of configurations without their learning rate, the linear probe not counted.

    Exact (distinct by what each layer carries) where all strata choose from the same bundles with
    free boundaries and placement `all`, and for one stratum with a layer mask: then
    (m - 1) (2^L - 1) for `m` distinct choices of modules, frozen among them. Else the number of
    ways to write one, an upper limit. Of a closed space as many as it lists, all counted.
    """
    if space.members:
        return len(space.members)
    choices, inputs = _choices(space), len(space.inputs)
    probes = int(None in space.inputs)
    if space.masked and len(space.bundles) == 1 and _plain(space):
        masks = (1 << space.anatomy.layers) - 1
        profiles = 1 + (len(choices) - (frozenset() in choices)) * masks
        return profiles * inputs - probes
    if not space.masked and _plain(space) and _free(space):
        profiles = _count_profiles(space, list(choices.values()))
        return profiles * inputs - (probes if frozenset() in choices else 0)
    masks = 1 << (space.anatomy.layers if space.masked else 0)
    return _count_points(space) * masks * inputs


def _plain(space: Space) -> bool:
    return space.placements == ("all",)


def _free(space: Space) -> bool:
    layers = space.anatomy.layers
    return len(set(space.bundles)) == 1 and all(x == (0, layers) for x in space.boundaries)


def _choices(space: Space) -> dict[frozenset[Module], int]:
    """Distinct contents of a layer with their cost, the frozen layer's among them where some
    bundle or size means nothing."""
    found: dict[frozenset[Module], int] = {}
    for bundle in dict.fromkeys(x for bundles in space.bundles for x in bundles):
        ladders = [space.ladders[name] for name in sized(bundle)]
        contents = product(product(*ladders), space.role_sets, space.factors)
        for sizes, roles, factor in contents:
            modules = make_modules(bundle, sizes, roles, space.anatomy, factor)
            acting = tuple(
                x for x in modules if x.capacity or not technique(x.technique).capacities
            )
            if frozenset(acting) not in found:
                found[frozenset(acting)] = layer_parameters(acting, space.anatomy)
    return found


def _count_profiles(space: Space, costs: Sequence[int]) -> int:
    """Profiles of at most `n` runs over `L` layers, neighbouring runs different, and no cheaper
    than the one below in a monotone space: sum over k of C(L-1, k-1) x walks of k choices."""
    layers, total = space.anatomy.layers, 0
    walks = [1] * len(costs)
    for k in range(1, len(space.bundles) + 1):
        total += math.comb(layers - 1, k - 1) * sum(walks)
        walks = _extend(walks, costs, space.monotone)
    return total


def _extend(walks: list[int], costs: Sequence[int], monotone: bool) -> list[int]:
    """Number of walks that end in each choice, one step longer."""
    if not monotone:
        return [sum(walks) - own for own in walks]
    below: dict[int, int] = {}
    for cost, own in zip(costs, walks, strict=True):
        below[cost] = below.get(cost, 0) + own
    levels = sorted(below)
    upto = dict(zip(levels, accumulate(below[x] for x in levels), strict=True))
    return [upto[cost] - own for cost, own in zip(costs, walks, strict=True)]


def _count_points(space: Space) -> int:
    """Ways to write a configuration: boundaries x each stratum's coordinates that act."""
    # ends[c] counts the ascending choices of the boundaries so far whose last one is c.
    ends = [1] + [0] * space.anatomy.layers
    for low, high in space.boundaries:
        up_to = list(accumulate(ends))
        ends = [up_to[cut] if low <= cut <= high else 0 for cut in range(len(ends))]
    strata = (sum(_count_contents(space, x) for x in bundles) for bundles in space.bundles)
    return sum(ends) * math.prod(strata)


def _count_contents(space: Space, bundle: Bundle) -> int:
    """Values of a stratum's coordinates, those of `neighbours` that act with this bundle."""
    rows = [technique(name) for name in bundle]
    if not any(row.adapts for row in rows):
        return 1
    sizes = math.prod(len(space.ladders[name]) for name in sized(bundle))
    aimed = len(space.role_sets) if any(x.injects and not x.roles for x in rows) else 1
    return sizes * aimed * len(space.placements) * len(space.factors)
