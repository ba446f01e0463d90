"""From what a stratum carries to its coordinates in a space: the nearest where it has no equal."""

import math

import numpy as np

from peftsearch.spaces.configurations.configuration import Module, Stratum
from peftsearch.spaces.configurations.placement import Bundle, sized
from peftsearch.spaces.configurations.places import place
from peftsearch.spaces.techniques.table import technique

from .layout import StratumPart
from .space import Space


def encode_stratum(
    space: Space, index: int, run: Stratum, rng: np.random.Generator | None
) -> StratumPart:
    """Coordinates of the nearest that stratum `index` of the space may carry.

    Args:
        run: What the layers of the stratum carry.
        rng: Draws the coordinates that have no effect; None takes the first value.
    """
    values = (len(space.role_sets), len(space.placements), len(space.factors))
    bundles = space.bundles[index]

    def fill(size: int) -> int:
        return 0 if rng is None else int(rng.integers(size))

    sizes = [fill(space.levels) for _ in range(space.slots)]
    roles, placement, factor = map(fill, values)
    if run.start == run.stop:
        return StratumPart(fill(len(bundles)), tuple(sizes), roles, placement, factor)
    names = {module.technique for module in run.modules}
    likeness = [_likeness(space, names, bundle) for bundle in bundles]
    bundle = likeness.index(max(likeness))
    for slot, name in enumerate(sized(bundles[bundle])):
        sizes[slot] = _level(space, name, run.modules)
    if (aimed := _open_roles(run.modules)) is not None:
        alike = [_jaccard(aimed, set(x)) for x in space.role_sets]
        roles = alike.index(max(alike))
    if run.modules:
        placement = _placement(space, run)
        factor = nearest_index(space.factors, run.modules[0].rate)
    return StratumPart(bundle, tuple(sizes), roles, placement, factor)


def _likeness(space: Space, names: set[str], bundle: Bundle) -> float:
    """Of what a run carries and a bundle. What a bundle has beyond the run counts little where a
    capacity of 0 leaves it out."""
    kept = {name for name in bundle if technique(name).adapts}
    absent = {x for x in kept - names if 0 in space.ladders.get(x, ())}
    return _jaccard(names, kept - absent) - 0.01 * len(absent)


def _level(space: Space, name: str, modules: tuple[Module, ...]) -> int:
    """Level of the capacity of this technique in a run; of another sized one where it lacks it
    and cannot be left out."""
    ladder = space.ladders[name]
    own = [x.capacity for x in modules if x.technique == name]
    others = [x.capacity for x in modules if technique(x.technique).capacities]
    if not own and 0 in ladder:
        value = ladder.index(0)
    else:
        wanted = (own or others or [1])[0]
        positive = [i for i, x in enumerate(ladder) if x > 0]
        value = min(positive, key=lambda i: abs(math.log(ladder[i] / max(wanted, 1))))
    # The lowest level that `Space.capacity` stretches to this value.
    return -(-value * space.levels // len(ladder))


def _open_roles(modules: tuple[Module, ...]) -> set[str] | None:
    """Roles of a module whose technique leaves them open."""
    rows = ((x, technique(x.technique)) for x in modules)
    return next((set(x.roles) for x, row in rows if row.injects and row.roles is None), None)


def _placement(space: Space, run: Stratum) -> int:
    """First placement that keeps the run's layers, else the first of all."""
    kept = [place(name, run.start, run.stop) for name in space.placements]
    whole = tuple(range(run.start, run.stop))
    matches = [i for i, layers in enumerate(kept) if (layers or whole) == run.carriers]
    return matches[0] if matches else 0


def nearest_index(ladder: tuple[int, ...] | tuple[float, ...], value: float) -> int:
    """Index of the value that is nearest on a log scale."""
    return min(range(len(ladder)), key=lambda i: abs(math.log(ladder[i] / value)))


def _jaccard(left: set[str], right: set[str]) -> float:
    return len(left & right) / len(left | right) if left | right else 1.0
