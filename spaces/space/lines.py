"""Lines through a point of a space: what each of its coordinates could be instead.

A closed space has none: its coordinates only say which of its members are alike.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.placement import Bundle, sized

from .inverse import encode, encodings
from .layout import Point
from .neighbours import effective
from .space import Space

Value = float | str
"""A number, or a category's name."""
MASK = "layer"
"""Name of the line whose steps each add one layer of a mask or leave it out."""
_PARTS = re.compile(r"([a-z_]++)(\d++)?(?:\.(\d++))?")


@dataclass(frozen=True)
class Step:
    """One value of a coordinate, and the configuration with it and all else as before."""

    value: Value
    configuration: Configuration


@dataclass(frozen=True)
class Line:
    """What a coordinate could be.

    Attributes:
        name: As `Space.dimensions` has it.
        layers: First and last layer of the stratum that it belongs to; None of the others.
        technique: Of a size, whose it is.
        steps: Within the space's bounds, in the order of the space, distinct by key.
    """

    name: str
    layers: tuple[int, int] | None
    technique: str | None
    steps: tuple[Step, ...]


def nearest_point(space: Space, configuration: Configuration) -> Point:
    """The point of a configuration, or of the nearest one that the space can express."""
    return encode(space, configuration) or next(encodings(space, configuration))


def lines(space: Space, point: Point) -> list[Line]:
    """One for each coordinate that matters at the point and has another value there."""
    if space.members:
        return []
    found = [x for i in _told(space, point) if (x := _line(space, point, i)) is not None]
    if space.masked:
        found.append(Line(MASK, None, None, tuple(_flips(space, point))))
    return [x for x in found if len(x.steps) > 1]


def cross(space: Space, point: Point, x: str, y: str) -> Iterator[tuple[Value, Value, Step]]:
    """Each value of one coordinate with each that another then has, all else as at the point;
    within the bounds."""
    names = [name for name, _ in space.dimensions]
    first, second = names.index(x), names.index(y)
    for moved in _moves(space, point, first):
        if second in effective(space, moved):
            for step in _steps(space, moved, second):
                yield value_at(space, moved, first), step.value, step


def values_at(space: Space, point: Point) -> dict[str, Value]:
    """By name, what those coordinates say that matter at a point, but for a mask's."""
    return {_name(space, i): value_at(space, point, i) for i in _told(space, point)}


def value_at(space: Space, point: Point, i: int) -> Value:
    """What coordinate `i` says at a point."""
    kind, number, slot = _split(_name(space, i))
    index = point[i]
    if kind in ("boundary", "bundle", "size"):
        return _value_of_stratum(space, point, kind, number, slot, index)
    if kind == "input":
        tokens = space.inputs[index]
        return "none" if tokens is None else f"{tokens.technique} {tokens.capacity}"
    if kind == "roles":
        return "+".join(space.role_sets[index])
    if kind == "placement":
        return space.placements[index]
    return {"rate": space.rates, "factor": space.factors, **space.training}[kind][index]


def _value_of_stratum(
    space: Space, point: Point, kind: str, number: int, slot: int, index: int
) -> Value:
    if kind == "boundary":
        return space.boundaries[number][0] + index
    if kind == "bundle":
        return "+".join(space.bundles[number][index])
    return space.capacity(sized(_bundle(space, point, number))[slot], index)


def _line(space: Space, point: Point, i: int) -> Line | None:
    kind, number, slot = _split(_name(space, i))
    layers, technique = None, None
    if kind in ("bundle", "size", "roles", "placement", "factor"):
        edges = space.edges(space.layout.split(point).boundaries)
        layers = edges[number], edges[number + 1] - 1
        if layers[1] < layers[0]:
            return None
        if kind == "size":
            technique = sized(_bundle(space, point, number))[slot]
    own = space.decode(point).key
    steps, now = dict[str, Step](), value_at(space, point, i)
    for step in _steps(space, point, i, own):
        known = steps.setdefault(step.configuration.key, step)
        if known is not step and step.value == now:  # several values may say the same
            steps[own] = step
    return Line(_name(space, i), layers, technique, tuple(steps.values()))


def _steps(space: Space, point: Point, i: int, own: str | None = None) -> Iterator[Step]:
    """Those that the space proposes, and what has the key `own`: the head alone, say, which is
    trained in each job and proposed in none."""
    for moved in _moves(space, point, i):
        configuration = space.decode(moved)
        if space.feasible(configuration) or configuration.key == own:
            yield Step(value_at(space, moved, i), configuration)


def _moves(space: Space, point: Point, i: int) -> Iterator[Point]:
    """The point with each value of a coordinate; of a boundary, those that cross no other."""
    for value in range(space.dimensions[i][1]):
        moved = (*point[:i], value, *point[i + 1 :])
        if _ascending(space, moved):
            yield moved


def _ascending(space: Space, point: Point) -> bool:
    inner = space.layout.split(point).boundaries
    cuts = [low + above for (low, _), above in zip(space.boundaries, inner, strict=True)]
    return cuts == sorted(cuts)


def _flips(space: Space, point: Point) -> Iterator[Step]:
    """The point with one layer of the mask more or less."""
    first = len(point) - space.anatomy.layers
    for layer in range(space.anatomy.layers):
        i = first + layer
        configuration = space.decode((*point[:i], 1 - point[i], *point[i + 1 :]))
        if space.feasible(configuration):
            yield Step(f"{layer} {'out' if point[i] else 'in'}", configuration)


def _told(space: Space, point: Point) -> list[int]:
    return [i for i in effective(space, point) if not _name(space, i).startswith(MASK)]


def _bundle(space: Space, point: Point, stratum: int) -> Bundle:
    return space.bundles[stratum][space.layout.split(point).strata[stratum].bundle]


def _name(space: Space, i: int) -> str:
    return space.dimensions[i][0]


def _split(name: str) -> tuple[str, int, int]:
    """`size1.0` by its parts; what has no numbers has zeros."""
    found = _PARTS.fullmatch(name)
    assert found is not None
    return found[1], int(found[2] or 0), int(found[3] or 0)
