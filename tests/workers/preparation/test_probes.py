from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_info, threadpool_limits

from peftsearch.workers.preparation import probes
from peftsearch.workers.preparation.probes import fit_probe, prefer, row_losses

RNG = np.random.default_rng(0)


def test_scaling_is_folded_into_weights_and_bias() -> None:
    x = RNG.normal(size=(90, 4)) * [1.0, 100.0, 0.01, 1.0] + [5.0, 0.0, 0.0, 0.0]
    y = (x[:, 0] + x[:, 1] / 100 > 5).astype(int)
    probe = fit_probe("classes", x, y, 2)
    assert (probe.linear.outputs(x).argmax(1) == y).mean() > 0.9
    moved = fit_probe("classes", x * 7 + 3, y, 2)
    np.testing.assert_allclose(
        probe.linear.outputs(x), moved.linear.outputs(x * 7 + 3), rtol=1e-2, atol=1e-2
    )


@pytest.mark.parametrize(("many", "threads"), [(probes.MANY, {1}), (0, {2})])
def test_small_fits_take_one_thread(
    monkeypatch: pytest.MonkeyPatch, many: int, threads: set[int]
) -> None:
    """On a machine that others use two take 40 times as long: they wait for one another."""
    seen: list[int] = []
    fit = Ridge.fit

    def look(self: Ridge, *given: Any, **more: Any) -> Any:
        seen.extend(x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas")
        return fit(self, *given, **more)

    monkeypatch.setattr(Ridge, "fit", look)
    monkeypatch.setattr(probes, "MANY", many)
    with threadpool_limits(2, user_api="blas"):
        fit_probe("numbers", np.eye(40, 3), np.arange(40.0), 1)
    assert set(seen) == threads


def test_noise_is_fitted_with_the_strongest_penalty() -> None:
    x, y = RNG.normal(size=(100, 30)), RNG.integers(2, size=100)
    probe = fit_probe("classes", x, y, 2)
    assert probe.strength == 1e-4
    assert probe.losses.mean() < 0.75


def test_a_penalty_may_be_chosen_by_what_is_asked_for() -> None:
    """Though it stays the same over the strongest ones, and is of more loss where it is best."""
    x, y = RNG.normal(size=(200, 40)), (RNG.random(200) < 0.2).astype(int)
    x[:, 0] += 1.2 * y

    def found_rare(outputs: Any) -> float:
        return float(np.mean(outputs.argmax(1)[y == 1]))

    plain, asked = (fit_probe("classes", x, y, 2, merit=merit) for merit in (None, found_rare))
    assert found_rare(asked.held_out) > found_rare(plain.held_out)
    assert asked.strength > plain.strength and asked.losses.mean() > plain.losses.mean()


@pytest.mark.parametrize("intercept", [True, False])
def test_a_class_that_no_row_has_keeps_its_output(intercept: bool) -> None:
    x, y = RNG.normal(size=(60, 3)), RNG.integers(2, size=60) * 2
    probe = fit_probe("classes", x, y, 4, intercept)
    assert probe.linear.weight.shape == (4, 3)
    assert not probe.linear.weight[[1, 3]].any()
    assert probe.linear.bias.any() == intercept


def test_choices_are_told_apart_by_their_own_features() -> None:
    x = RNG.normal(size=(80, 3, 5))
    y = x[:, :, 1].argmax(axis=1)
    probe = fit_probe("choices", x, y, 1)
    assert (probe.linear.outputs(x).argmax(axis=1) == y).mean() > 0.9
    assert row_losses("choices", probe.linear.outputs(x), y).mean() < 0.7


def test_numbers_far_from_zero_are_met_by_the_bias() -> None:
    x = RNG.normal(size=(100, 3))
    y = 100 + x @ [1.0, 2.0, 0.0]
    for features in (x, sparse.csr_array(x)):
        probe = fit_probe("numbers", features, y, 1, scale=features is x)
        assert np.abs(probe.linear.outputs(features)[:, 0] - y).mean() < 0.2


def test_another_model_is_taken_only_where_it_is_better_beyond_its_noise() -> None:
    noise, other = np.random.default_rng(1).normal(size=(2, 400))
    assert prefer([noise, noise + other - other.mean() - 0.01]) == 0
    assert prefer([noise, noise - 0.01]) == 1
