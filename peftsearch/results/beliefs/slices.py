"""What each parameter does to the quality of one configuration, as far as a job's model can tell.

A slice changes one parameter and leaves all others: each of its points can be trained, and its
interval is one that decision 0042 holds to what it says. Averages over all other parameters would
be of nothing that anybody trains, and of bad configurations for the most part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peftsearch.errors import UserError
from peftsearch.results.wording import describe, short_roles
from peftsearch.search.belief import Belief
from peftsearch.search.goals.observations import Observation
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.layout import Point
from peftsearch.spaces.space.lines import MASK, Line, cross, lines, nearest_point, values_at
from peftsearch.spaces.techniques.table import technique

from .believed import believe_each
from .slice_rows import Axis, Cell, Dot, Kind, Pair, Slice, SlicePoint, Slices, Value

_LABELS = {
    "rate": "learning rate",
    "boundary": "boundary",
    "bundle": "technique",
    "roles": "matrices",
    "placement": "placement",
    "factor": "rate factor",
    "input": "virtual tokens",
    "batch_size": "batch size",
    MASK: "a layer in or out",
}
_LOG = ("rate", "size", "factor", "epochs", "batch_size")
_CATEGORIES = ("bundle", "roles", "placement", "input", MASK)


@dataclass(frozen=True)
class _Place:
    """A configuration of the space with its lines."""

    belief: Belief
    point: Point
    lines: Mapping[str, Line]

    @classmethod
    def near(cls, belief: Belief, configuration: Configuration) -> "_Place":
        point = nearest_point(belief.space, configuration)
        return cls(belief, point, {x.name: x for x in lines(belief.space, point)})

    @property
    def anatomy(self) -> Anatomy:
        return self.belief.spec.anatomy

    def axis(self, name: str, crossed: Sequence[Value] = ()) -> Axis:
        """The axis of a line.

        Args:
            crossed: Its values beside another's, as people read them; bounds may let it have more
                of them once the other has changed.
        """
        own = values_at(self.belief.space, self.point).get(name)
        along = [show_value(name, x.value, self.anatomy) for x in self.lines[name].steps]
        values = list(dict.fromkeys([*along, *crossed]))
        if crossed and all(isinstance(x, int | float) for x in values):
            values.sort(key=float)
        log = name.startswith(_LOG) and all(isinstance(x, int | float) and x > 0 for x in values)
        return {
            "name": name,
            "label": _label(self.lines[name], self.belief),
            "kind": _kind(name, log),
            "log": log,
            "values": values,
            "own": None if own is None else show_value(name, own, self.anatomy),
        }


def slice_all(belief: Belief, configuration: Configuration) -> Slices:
    """Every parameter that matters at a configuration and has other values within the bounds.

    A closed space has none: its members have no values but their own.
    """
    place, space = _Place.near(belief, configuration), belief.space
    sliced = configuration if space.members else space.decode(place.point)
    encoded = ((x, encode(space, x.configuration)) for x in belief.known if x.qualities)
    seen = [(x, values_at(space, point)) for x, point in encoded if point is not None]
    found = [_slice(place, name, seen) for name in place.lines]
    return {
        "key": sliced.key,
        "words": describe(sliced, place.anatomy),
        "nearest": sliced.key != configuration.key,
        "lowest": objective(belief.spec.task.quality).signed(belief.reference.lowest),
        "slices": sorted(found, key=_effect, reverse=True),
    }


def cross_two(belief: Belief, configuration: Configuration, x: str, y: str) -> Pair:
    """Two parameters of a configuration changed together.

    Args:
        x: Name of a slice through the configuration, but for that of a mask.
        y: Of another.

    Raises:
        UserError: There are no such slices.
    """
    place = _Place.near(belief, configuration)
    known = [name for name in place.lines if name != MASK]
    for name in (x, y):
        if name not in known or x == y:
            got = f"{x!r} and {y!r}"
            raise UserError(
                f"two parameters among {', '.join(known) or 'none'}", got, "correct it"
            )
    found = list(cross(belief.space, place.point, x, y))
    told = believe_each(belief, [step.configuration for _, _, step in found])
    cells: list[Cell] = [
        {
            "x": show_value(x, left, place.anatomy),
            "y": show_value(y, right, place.anatomy),
            **believed,
        }
        for (left, right, _), believed in zip(found, told, strict=True)
    ]
    return {
        "x": place.axis(x, [cell["x"] for cell in cells]),
        "y": place.axis(y, [cell["y"] for cell in cells]),
        "cells": cells,
    }


def _slice(
    place: _Place, name: str, seen: Sequence[tuple[Observation, Mapping[str, Value]]]
) -> Slice:
    axis, steps = place.axis(name), place.lines[name].steps
    told = believe_each(place.belief, [x.configuration for x in steps])
    points: list[SlicePoint] = [
        {"value": value, **believed} for value, believed in zip(axis["values"], told, strict=True)
    ]
    goal = objective(place.belief.spec.task.quality)
    dots: list[Dot] = [
        {
            "key": x.configuration.key,
            "value": show_value(name, values[name], place.anatomy),
            "quality": goal.signed(x.quality),
        }
        for x, values in seen
        if name in values
    ]
    return {**axis, "points": points, "dots": dots}


def _kind(name: str, log: bool) -> Kind:
    """A size of 0 has no place on the scale of the others."""
    if name.startswith(_CATEGORIES):
        return "category"
    return "number" if log or not name.startswith(_LOG) else "ladder"


def _effect(found: Slice) -> float:
    """Of the other values: what is sliced has merit of its own, alike in all its slices."""
    means = [x["mean"] for x in found["points"] if x["value"] != found["own"]]
    return max(means) - min(means)


def show_value(name: str, value: Value, anatomy: Anatomy) -> Value:
    """A value of a parameter as people read it."""
    if name.startswith("roles"):
        return short_roles(str(value).split("+"), anatomy)
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _label(line: Line, belief: Belief) -> str:
    """`rank of lora, layers 4 to 11`; of all layers, they are not named."""
    kind = line.name.rstrip("0123456789.")
    text = _LABELS.get(kind, kind)
    if kind == "boundary" and len(belief.space.boundaries) > 1:
        text = f"boundary {int(line.name[len(kind) :]) + 1}"
    if line.technique is not None:
        text = f"{technique(line.technique).capacity_name} of {line.technique}"
    if line.layers is None or line.layers == (0, belief.spec.anatomy.layers - 1):
        return text
    first, last = line.layers
    return f"{text}, " + (f"layer {first}" if first == last else f"layers {first} to {last}")
