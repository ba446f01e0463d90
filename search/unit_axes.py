"""Parameters of an Optuna study as points of the unit cube, and as features of a surrogate."""

import math
from collections.abc import Mapping
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
        return np.array([_place(x, params[name]) for name, x in self.space.items()])

    def read(self, point: Matrix) -> dict[str, Any]:
        """The parameters of a point."""
        pairs = zip(self.space.items(), point.tolist(), strict=True)
        return {name: _read(x, unit) for (name, x), unit in pairs}

    def snap(self, points: Matrix) -> Matrix:
        """The points that `read` means, `k x d`."""
        return np.array([self.place(self.read(x)) for x in points]).reshape(points.shape)

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


def _place(distribution: BaseDistribution, value: Any) -> float:
    if isinstance(distribution, CategoricalDistribution):
        place = distribution.to_internal_repr(value)
        return (place + 0.5) / len(distribution.choices)
    low, high = _ends(distribution)
    found = math.log(value) if distribution.log else float(value)  # type: ignore[attr-defined]
    return min(max((found - low) / (high - low), 0.0), 1.0)


def _read(distribution: BaseDistribution, unit: float) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        n = len(distribution.choices)
        return distribution.choices[min(int(unit * n), n - 1)]
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high = _ends(distribution)
    value = low + unit * (high - low)
    value = math.exp(value) if distribution.log else value
    if distribution.step is not None and not (distribution.log and distribution.step == 1):
        value = distribution.low + round((value - distribution.low) / distribution.step) * (
            distribution.step
        )
    if isinstance(distribution, IntDistribution):
        value = round(value)
    return min(max(value, distribution.low), distribution.high)


def _ends(distribution: BaseDistribution) -> tuple[float, float]:
    """Of the axis. Whole numbers have half a step on either side, so that all are equally wide."""
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high = float(distribution.low), float(distribution.high)
    if distribution.step is not None:
        low, high = low - distribution.step / 2, high + distribution.step / 2
    return (math.log(low), math.log(high)) if distribution.log else (low, high)
