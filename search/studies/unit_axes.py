"""Parameters of an Optuna study as points of the unit cube, and as features of a surrogate."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class UnitAxes:
    """One coordinate in [0, 1] for each parameter; a categorical one has equal shares.

    Attributes:
        space: Distributions by name, none of a single value.
    """

    space: Mapping[str, BaseDistribution]

    def place(self, params: Mapping[str, Any]) -> Matrix:
        """The point of parameters, `d`."""
        return np.array([_place(x, [params[name]])[0] for name, x in self.space.items()])

    def read(self, point: Matrix) -> dict[str, Any]:
        """The parameters of a point."""
        return self.read_all(point[None])[0]

    def read_all(self, points: Matrix) -> list[dict[str, Any]]:
        """The parameters of each of `k x d` points."""
        rows = zip(*self._columns(points), strict=True)
        return [dict(zip(self.space, row, strict=True)) for row in rows]

    def snap(self, points: Matrix) -> Matrix:
        """The points that `read` means, `k x d`."""
        columns = zip(self.space.values(), self._columns(points), strict=True)
        return np.column_stack([_place(x, values) for x, values in columns])

    def _columns(self, points: Matrix) -> list[list[Any]]:
        """Of each parameter the values of all points."""
        pairs = zip(self.space.values(), points.T.tolist(), strict=True)
        return [_read(x, units) for x, units in pairs]

    def features(self, points: Matrix) -> Matrix:
        """What a surrogate sees of `k x d` points: one column for each number, and one for each
        choice of a categorical parameter."""
        columns: list[Matrix] = []
        for distribution, column in zip(self.space.values(), points.T, strict=True):
            if isinstance(distribution, CategoricalDistribution):
                n = len(distribution.choices)
                chosen = np.minimum((column * n).astype(int), n - 1)
                columns += list(np.eye(n)[chosen].T)
            else:
                columns.append(column)
        return np.column_stack(columns)


def _place(distribution: BaseDistribution, values: Sequence[Any]) -> list[float]:
    if isinstance(distribution, CategoricalDistribution):
        n = len(distribution.choices)
        return [(distribution.to_internal_repr(x) + 0.5) / n for x in values]
    low, high = _ends(distribution)
    logarithmic: bool = distribution.log  # type: ignore[attr-defined]
    found = [math.log(x) if logarithmic else float(x) for x in values]
    return [min(max((x - low) / (high - low), 0.0), 1.0) for x in found]


def _read(distribution: BaseDistribution, units: Sequence[float]) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        n, choices = len(distribution.choices), distribution.choices
        return [choices[min(int(unit * n), n - 1)] for unit in units]
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high = _ends(distribution)
    least, most, step = distribution.low, distribution.high, distribution.step
    values: list[float] = [low + unit * (high - low) for unit in units]
    if distribution.log:
        values = [math.exp(x) for x in values]
    if step is not None and not (distribution.log and step == 1):
        values = [least + round((x - least) / step) * step for x in values]
    if isinstance(distribution, IntDistribution):
        values = [round(x) for x in values]
    return [min(max(x, least), most) for x in values]


def _ends(distribution: BaseDistribution) -> tuple[float, float]:
    """Of the axis. Whole numbers have half a step on either side, so that all are equally wide."""
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high = float(distribution.low), float(distribution.high)
    if distribution.step is not None:
        low, high = low - distribution.step / 2, high + distribution.step / 2
    return (math.log(low), math.log(high)) if distribution.log else (low, high)
