"""Slices through a configuration as plain data, for the API and notebooks alike."""

from typing import Literal

from typing_extensions import TypedDict

from .believed import Believed

Value = float | str
Kind = Literal["number", "ladder", "category"]


class SlicePoint(Believed):
    """One value of the slice's parameter."""

    value: Value


class Dot(TypedDict):
    """A trained configuration at its own value of the parameter, whatever its others; the quality
    is the mean of its seeds."""

    key: str
    value: Value
    quality: float


class Axis(TypedDict):
    """A parameter.

    Attributes:
        name: As `?x=` of a pair takes it.
        kind: A `number`, on a `log` scale or not; a `ladder` of names in order; a `category`.
        values: All that the space has of it here, in order.
        own: Its value at the configuration that is sliced; null where that has none.
    """

    name: str
    label: str
    kind: Kind
    log: bool
    values: list[Value]
    own: Value | None


class Slice(Axis):
    """One parameter, with all others as they are."""

    points: list[SlicePoint]
    dots: list[Dot]


class Cell(Believed):
    """One value of each of two parameters."""

    x: Value
    y: Value


class Pair(TypedDict):
    """Two parameters, with all others as they are; values that exclude each other have no cell."""

    x: Axis
    y: Axis
    cells: list[Cell]


class Slices(TypedDict):
    """All slices through a configuration, that of the largest effect first.

    Attributes:
        words: What is sliced.
        nearest: Whether that is only the nearest to what was asked for that the space has.
        lowest: What is worse counts as this for the model.
    """

    key: str
    words: str
    nearest: bool
    lowest: float
    slices: list[Slice]
