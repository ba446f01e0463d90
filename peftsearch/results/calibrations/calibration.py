"""How far a classifier's probabilities can be taken at their word: temperature and ECE.

Pure functions of outputs and labels. How large the bias of ECE is on few rows is simulated by
`python -m benchmarks.calibration`.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Outputs = NDArray[np.float64]
"""Before the softmax, `n x classes`."""
Labels = NDArray[np.int64]
FEWEST = 50
"""Rows from which on anything is told."""
FOLDS = 5
_ROWS_OF_BIN, _MOST_BINS = 25, 15
_DRAWS = 200
_ENDS = np.log(0.05), np.log(20.0)


@dataclass(frozen=True)
class CalibrationError:
    """Expected calibration error of the class that is answered (Guo et al., 2017), by bins of
    equal numbers of rows.

    Attributes:
        value: Mean distance of how sure the model is from how often it is right.
        chance: What a model without any error would show on as many rows that it is as sure of:
            ECE is biased upwards, the more the fewer rows there are.
    """

    value: float
    chance: float


@dataclass(frozen=True)
class Change:
    """What a temperature does to the calibration error of some rows.

    Attributes:
        value: After minus before; above 0 it makes it worse.
        error: Its standard error by which rows there are, over draws of them with replacement.
    """

    value: float
    error: float


@dataclass(frozen=True)
class Calibration:
    """A temperature, and what it is worth on rows that it was not fitted to.

    Attributes:
        rows: All that it was fitted to.
        temperature: By which outputs are divided before the softmax; above 1 of a model that is
            too sure.
        before: With the outputs as they are.
        after: With each row's outputs over a temperature of the other folds.
        bins: Of both.
        change: From before to after.
    """

    rows: int
    temperature: float
    before: CalibrationError
    after: CalibrationError
    bins: int
    change: Change

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def calibrate(outputs: Outputs, labels: Labels) -> Calibration | None:
    """Fit a temperature to all rows, and tell its worth by cross-fitting; None of too few rows.

    Args:
        outputs: `n x classes`.
        labels: `n`.
    """
    if len(labels) < FEWEST:
        return None
    folds = part_folds(labels)
    crossed = np.empty_like(outputs)
    for fold in range(FOLDS):
        held = folds == fold
        crossed[held] = outputs[held] / fit_temperature(outputs[~held], labels[~held])
    return Calibration(
        len(labels),
        fit_temperature(outputs, labels),
        calibration_error(outputs, labels),
        calibration_error(crossed, labels),
        count_bins(len(labels)),
        measure_change(outputs, crossed, labels),
    )


def fit_temperature(outputs: Outputs, labels: Labels) -> float:
    """The temperature of the least mean negative log-likelihood, between .05 and 20.

    Each of `n` rows counts with 1 / (n + 2) for the other classes (Platt, 1999), so that rows that
    are all answered right do not ask for certainty.
    """
    n, classes = outputs.shape
    rest = 1 / (n + 2)
    targets = np.full((n, classes), rest / max(classes - 1, 1))
    targets[np.arange(n), labels] = 1 - rest

    def loss(logarithm: float) -> float:
        return float(-(targets * log_softmax(outputs / np.exp(logarithm), axis=1)).sum() / n)

    return float(np.exp(minimize_scalar(loss, bounds=_ENDS, method="bounded").x))


def calibration_error(outputs: Outputs, labels: Labels) -> CalibrationError:
    """Of `n` rows, with what chance alone makes of it, over draws that are always the same."""
    sure, right = _judge(outputs, labels)
    draw = np.random.default_rng(0)
    drawn = [expected_error(sure, draw.random(len(sure)) < sure) for _ in range(_DRAWS)]
    return CalibrationError(expected_error(sure, right), float(np.mean(drawn)))


def measure_change(before: Outputs, after: Outputs, labels: Labels) -> Change:
    """Of the calibration error of `n` rows, over draws that are always the same.

    Args:
        before: `n x classes`.
        after: The same rows with a temperature.
        labels: `n`.
    """
    sides = [_judge(x, labels) for x in (before, after)]
    draw, n = np.random.default_rng(0), len(labels)

    def differ(rows: NDArray[np.int64]) -> float:
        first, second = (expected_error(sure[rows], right[rows]) for sure, right in sides)
        return second - first

    drawn = [differ(draw.integers(n, size=n)) for _ in range(_DRAWS)]
    return Change(differ(np.arange(n)), float(np.std(drawn, ddof=1)))


def _judge(outputs: Outputs, labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How sure each answer is, and whether it is right."""
    chances = softmax(outputs, axis=1)
    return chances.max(axis=1), chances.argmax(axis=1) == labels


def expected_error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The mean over bins of equal numbers of rows, weighted by them.

    Args:
        sure: Probability of the answer, `n`.
        right: Whether it is right, `n`.
    """
    order = np.argsort(sure, kind="stable")
    bins = np.array_split(order, count_bins(len(order)))
    return float(sum(abs(sure[x].sum() - right[x].sum()) for x in bins) / len(order))


def count_bins(rows: int) -> int:
    """One for every 25 rows, 2 to 15."""
    return int(np.clip(rows // _ROWS_OF_BIN, 2, _MOST_BINS))


def part_folds(labels: Labels) -> NDArray[np.int64]:
    """The fold of each of `n` rows: each class is dealt out over all of them."""
    order = np.random.default_rng(0).permutation(len(labels))
    dealt = order[np.argsort(labels[order], kind="stable")]
    folds = np.empty(len(labels), dtype=np.int64)
    folds[dealt] = np.arange(len(labels)) % FOLDS
    return folds
