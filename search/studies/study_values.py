"""What the trials of an Optuna study measured, on axes that a surrogate can take."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_FAR = 1e6
"""Spreads from the best, from which on bad and worse are not told apart."""
_LARGEST = 1e300
"""Differences of larger numbers are infinite."""


@dataclass(frozen=True)
class StudyValues:
    """Objectives to be maximised, 0 at the best so far, in units of their spread.

    Optuna keeps infinite values, and values of any size: a loss may be 1e-12. What is infinite
    counts as the worst, or the best, of what is finite.

    Attributes:
        signs: 1 of what is to be maximised, -1 of what is to be minimised.
        lowest: Of each objective the worst finite value, signed.
        best: The best finite one.
        spread: What nine tenths of the values differ by.
    """

    signs: Matrix
    lowest: Matrix
    best: Matrix
    spread: Matrix

    @classmethod
    def of(cls, values: Sequence[Sequence[float]], signs: Matrix) -> "StudyValues":
        """The axes for `n x m` values."""
        signed = np.clip(signs * np.array(values, float), -_LARGEST, _LARGEST)
        columns = [_finite(x) for x in signed.T]
        lowest, best = np.array([(x.min(), x.max()) for x in columns]).T
        spread = np.array([_spread(x) for x in columns])
        return cls(signs, lowest, best, spread)

    def place(self, values: Sequence[Sequence[float]]) -> Matrix:
        """Of `n x m` measured values."""
        signed = np.clip(self.signs * np.array(values, float), self.lowest, self.best)
        placed: Matrix = np.maximum((signed - self.best) / self.spread, -_FAR)
        return placed

    def place_known(self, column: int, values: Sequence[float]) -> Matrix:
        """Of `k` values of one objective, which may be better than any so far."""
        signed = np.clip(self.signs[column] * np.array(values, float), -_LARGEST, _LARGEST)
        apart = (signed - self.best[column]) / self.spread[column]
        placed: Matrix = np.clip(apart, -_FAR, _FAR)
        return placed


def _finite(values: Matrix) -> Matrix:
    found = values[np.abs(values) < _LARGEST]
    return found if len(found) else np.zeros(1)


def _spread(values: Matrix) -> float:
    """That of a constant is its size, or 1."""
    most = values.max() - np.quantile(values, 0.1)
    return float(most or np.ptp(values) or np.abs(values[0]) or 1.0)
