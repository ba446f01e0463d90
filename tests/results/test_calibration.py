"""Temperature and ECE of a classifier's outputs."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from peftsearch.results.calibrations.calibration import (
    FEWEST,
    FOLDS,
    calibrate,
    calibration_error,
    expected_error,
    fit_temperature,
    measure_change,
    part_folds,
)

Sample = tuple[NDArray[np.float64], NDArray[np.int64]]


def sample(rows: int, temperature: float, seed: int = 0, classes: int = 3) -> Sample:
    """Outputs of a model that is calibrated once they are divided by the temperature."""
    draw = np.random.default_rng(seed)
    true = draw.normal(0, 2, (rows, classes))
    chances = softmax(true, axis=1)
    labels = (chances.cumsum(1) < draw.random((rows, 1))).sum(1)
    return true * temperature, labels


def test_the_temperature_is_found() -> None:
    for temperature in (0.5, 1.0, 3.0):
        assert fit_temperature(*sample(20_000, temperature)) == pytest.approx(
            temperature, rel=0.04
        )


def test_the_temperature_has_the_least_loss_but_for_what_smooths_it() -> None:
    outputs, labels = sample(500, 2.0)

    def loss(temperature: float) -> float:
        logarithms = log_softmax(outputs / temperature, axis=1)
        return float(-logarithms[np.arange(len(labels)), labels].mean())

    best = min(np.geomspace(0.3, 10, 2000), key=loss)
    assert fit_temperature(outputs, labels) == pytest.approx(best, rel=0.05)


def test_rows_that_are_all_right_do_not_ask_for_certainty() -> None:
    labels = np.arange(60) % 2
    outputs = np.where(np.arange(2) == labels[:, None], 2.0, -2.0)
    assert 0.3 < fit_temperature(outputs, labels) < 3


def test_ece_by_hand() -> None:
    sure = np.array([0.6] * 25 + [0.9] * 25)
    right = np.r_[np.ones(10), np.zeros(15), np.ones(20), np.zeros(5)].astype(bool)
    assert expected_error(sure, right) == pytest.approx((abs(0.4 - 0.6) + abs(0.8 - 0.9)) / 2)


def test_chance_is_what_a_calibrated_model_shows() -> None:
    found = [calibration_error(*sample(200, 1.0, seed)) for seed in range(60)]
    values, chances = np.array([(x.value, x.chance) for x in found]).T
    assert values.mean() == pytest.approx(chances.mean(), rel=0.1)
    assert values.mean() > 0.02  # a bias, since its true error is 0


def test_cross_fitting_tells_what_a_temperature_is_worth_on_other_rows() -> None:
    found = calibrate(*sample(600, 3.0))
    assert found is not None
    assert found.temperature == pytest.approx(3.0, rel=0.2)
    assert found.after.value < found.before.value / 2
    assert found.before.value > 2 * found.before.chance


@pytest.mark.parametrize("temperature", [1.5, 3.0])
def test_the_error_of_a_change_is_how_it_differs_between_samples(temperature: float) -> None:
    found = []
    for seed in range(40):
        outputs, labels = sample(400, temperature, seed)
        found.append(measure_change(outputs, outputs / 3.0, labels))
    spread = np.std([x.value for x in found], ddof=1)
    assert np.mean([x.error for x in found]) == pytest.approx(spread, rel=0.25)
    assert bool(np.mean([x.value for x in found]) > 0) is (temperature < 3.0)


def test_of_few_rows_nothing_is_told() -> None:
    assert calibrate(*sample(FEWEST - 1, 1.0)) is None


def test_folds_hold_a_share_of_each_class() -> None:
    labels = np.array([0] * 50 + [1] * 10)
    folds = part_folds(labels)
    for label in (0, 1):
        counts = np.bincount(folds[labels == label], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
