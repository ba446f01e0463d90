"""What repeats and left-out points say of a model."""

import numpy as np
import pytest

from peftsearch.search.surrogates.calibration import Data, find_misfit, find_noise, leave_out


def test_repeats_move_the_usual_noise() -> None:
    """Two degrees of freedom are of the usual one, half of the standard error."""
    alone = find_noise([(0.9,), (0.8,)], 0.01)
    assert alone.seeds == pytest.approx(0.005**2)
    assert alone.rows == pytest.approx(0.005**2) and alone.freedom == 2.0
    found = find_noise([(0.90, 0.92), (0.80, 0.81, 0.82), (0.7,)], 0.01)
    squares = 2 * 0.01**2 + 2 * 0.01**2
    assert found.freedom == 5.0
    assert found.seeds == pytest.approx((2 * 0.005**2 + squares) / 5)
    assert found.of(np.array([2.0])) == pytest.approx(found.seeds / 2 + 0.005**2)


def test_without_a_standard_error_repeats_tell_alone() -> None:
    assert find_noise([(0.90, 0.92)], 0.0).seeds == pytest.approx(0.0002)
    assert find_noise([(0.9,)], 0.0) == (0.0, 0.0, 0.0)


def test_a_point_is_predicted_without_itself() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((12, 2))
    outcomes = [[float(y)] for y in np.sin(3 * x[:, 0])]
    before, variances = leave_out(Data(x, outcomes), 0.01)
    moved = [[y + 0.3] if i == 5 else [y] for i, (y,) in enumerate(outcomes)]
    after, same = leave_out(Data(x, moved), 0.01)
    assert after[5] - before[5] == pytest.approx(0.3)
    assert same[5] == pytest.approx(variances[5])
    assert (variances > 0).all()


def test_the_misfit_is_what_variances_do_not_explain() -> None:
    """A quarter of it is kept; none where predictions are as good as they say."""
    rng = np.random.default_rng(0)
    variances = np.full(4_000, 0.01**2)
    wide = rng.normal(0.0, np.hypot(0.01, 0.03), 4_000)
    assert find_misfit(wide, variances) == pytest.approx(0.25 * 0.03**2, rel=0.15)
    narrow = rng.normal(0.0, 0.008, 4_000)
    assert find_misfit(narrow, variances) == 0.0
