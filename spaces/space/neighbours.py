"""One-step edits of a configuration, for local search."""

from collections.abc import Iterator

import numpy as np

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.placement import Bundle, sized
from peftsearch.spaces.techniques.table import technique

from .inverse import encodings
from .layout import Point
from .space import CATEGORICAL, Space


def neighbours(space: Space, configuration: Configuration) -> list[Configuration]:
    """Configurations of the space within its bounds, one edit away from `configuration`.

    An edit moves a boundary by one layer, changes what one stratum carries, its target roles or
    its placement, takes one step along a ladder of capacities, factors or rates, flips one layer
    of a mask, or changes the model's virtual tokens. Each way to write the configuration in the
    space's strata gives edits of its own; its coordinates without effect are drawn by the
    configuration's key, so that the same configuration always has the same neighbours.
    A configuration that the space can not express has those of the nearest one that it can.
    A closed space, which is looked at whole, has none.

    Returns:
        Distinct by key, without `configuration`.
    """
    if space.members:
        return []
    rng = np.random.default_rng(int(configuration.key, 16))
    found: dict[str, Configuration] = {}
    for point in encodings(space, configuration, rng):
        for edited in _edits(space, point):
            neighbour = space.decode(edited)
            if neighbour.key not in found and space.feasible(neighbour):
                found[neighbour.key] = neighbour
    found.pop(configuration.key, None)
    return list(found.values())


def mutate(
    space: Space, configuration: Configuration, edits: int, rng: np.random.Generator
) -> Configuration:
    """`edits` random one-step edits in a row; they may break a bound or undo one another."""
    ways = list(encodings(space, configuration, rng))
    point = ways[int(rng.integers(len(ways)))]
    for _ in range(edits):
        choices = list(_edits(space, point))
        if choices:
            point = choices[int(rng.integers(len(choices)))]
    return space.decode(point)


def _edits(space: Space, point: Point) -> Iterator[Point]:
    """Points one step away, in coordinates that have an effect."""
    for i in effective(space, point):
        name, size = space.dimensions[i]
        if name.startswith(CATEGORICAL):
            values = [value for value in range(size) if value != point[i]]
        else:
            values = [value for value in (point[i] - 1, point[i] + 1) if 0 <= value < size]
        for value in values:
            yield (*point[:i], value, *point[i + 1 :])


def effective(space: Space, point: Point) -> list[int]:
    """Coordinates that matter: none of an empty stratum, only the bundle of a frozen one, ..."""
    n, layout = len(space.bundles), space.layout
    indices = list(range(n))  # the rate and the boundaries
    parts = layout.split(point)
    edges = space.edges(parts.boundaries)
    for i, part in enumerate(parts.strata):
        # In a monotone space contents are sorted, so that an empty stratum's may move elsewhere.
        if not space.monotone and edges[i] == edges[i + 1]:
            continue
        acting = _acting(space.bundles[i][part.bundle])
        indices += [layout.start(i) + j for j, x in enumerate(layout.names) if x in acting]
    return [*indices, *range(layout.start(n), len(space.dimensions))]


def _acting(bundle: Bundle) -> set[str]:
    """Names (`Layout.names`) of a stratum's coordinates that change something with this bundle."""
    rows = [technique(name) for name in bundle]
    names = {"bundle{}", *(f"size{{}}.{slot}" for slot in range(len(sized(bundle))))}
    if any(row.injects and row.roles is None for row in rows):
        names.add("roles{}")
    if any(row.adapts for row in rows):
        names |= {"placement{}", "factor{}"}
    return names
