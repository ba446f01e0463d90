"""One contract, every surrogate."""

import numpy as np
import pytest
import torch

from peftsearch.search.surrogates import dimension_scaled
from peftsearch.search.surrogates import surrogate as ensemble
from peftsearch.search.surrogates.dimension_scaled import DimensionScaled
from peftsearch.search.surrogates.gaussian import Matrix
from peftsearch.search.surrogates.surrogate import EnsembleLinearMatern, EnsembleMapSaas, Unit

Gaussian = EnsembleLinearMatern | EnsembleMapSaas | DimensionScaled
SURROGATES: dict[str, Gaussian] = {
    "line": EnsembleLinearMatern(),
    "saas": EnsembleMapSaas(),
    "scaled": DimensionScaled(),
}


@pytest.fixture(params=sorted(SURROGATES))
def surrogate(request: pytest.FixtureRequest) -> Gaussian:
    return SURROGATES[request.param]


def make_data(n: int, d: int = 8, noise: float = 0.01) -> tuple[Matrix, Matrix, Matrix]:
    """Inputs, noisy and true quality; two of `d` inputs matter."""
    rng = np.random.default_rng(0)
    x = rng.random((n, d))
    f = 0.7 + 0.1 * np.tanh(3 * x[:, 0] - 1) + 0.05 * x[:, 1] ** 2
    return x, f + noise * rng.standard_normal(n), f


def test_it_predicts_what_it_has_not_seen(surrogate: Gaussian) -> None:
    x, y, f = make_data(90)
    posterior = surrogate.fit(x[:60], y[:60], 0).posterior(x[:60], y[:60], np.ones(60), 8, 0)
    mean, variance = posterior.predict(x[60:])
    assert mean.shape == variance.shape == (len(posterior.draws), 30)
    assert np.corrcoef(mean.mean(0), f[60:])[0, 1] > 0.95
    assert (variance > 0).all()


def test_it_draws_at_observed_and_pending_points(surrogate: Gaussian) -> None:
    x, y, _ = make_data(22)
    fitted = surrogate.fit(x[:20], y[:20], 0)
    draws = fitted.posterior(x, y[:20], np.ones(20), 50, 0).draws
    assert draws.shape[1] == 22
    assert abs(draws[:, :20].mean(0) - y[:20]).max() < 0.03
    assert draws[:, 20:].std(0).min() > draws[:, :20].std(0).mean() / 2


def test_equal_arguments_give_equal_answers(surrogate: Gaussian) -> None:
    x, y, _ = make_data(20)
    answers = [
        surrogate.fit(x, y, 3).posterior(x, y, np.ones(20), 4, 5).predict(x + 0.1)[0]
        for _ in range(2)
    ]
    np.testing.assert_array_equal(answers[0], answers[1])


def test_no_global_generator_moves(surrogate: Gaussian) -> None:
    x, y, _ = make_data(20)
    before, legacy = torch.get_rng_state(), str(np.random.get_state())
    surrogate.fit(x, y, 3).posterior(x, y, np.ones(20), 4, 5)
    assert torch.equal(before, torch.get_rng_state())
    assert legacy == str(np.random.get_state())


@pytest.mark.parametrize("surrogate", ["line", "saas"], indirect=True)
def test_repeats_teach_the_noise(surrogate: Gaussian) -> None:
    """Eight seeds each of eight points: the noise is the spread within a point."""
    rng = np.random.default_rng(1)
    x = np.repeat(rng.random((8, 5)), 8, axis=0)
    y = 0.7 + 0.1 * x[:, 0] + 0.02 * rng.standard_normal(64)
    members = surrogate.fit(x, y, 0).members
    assert [member.noise**0.5 for member in members] == pytest.approx([0.02] * 4, rel=0.35)


def test_constant_quality_is_learnt(surrogate: Gaussian) -> None:
    x, _, _ = make_data(6)
    y = np.full(6, 0.7)
    mean, variance = surrogate.fit(x, y, 0).posterior(x, y, np.ones(6), 4, 0).predict(x + 0.2)
    assert np.isfinite(variance).all()
    assert abs(mean.mean(0) - 0.7).max() < 0.5


def test_at_most_so_many_rows_are_fitted(
    surrogate: Gaussian, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows beyond the cap are conditioned on all the same."""
    for module in (ensemble, dimension_scaled):
        monkeypatch.setattr(module, "FIT_POINTS", 20)
    x, y, f = make_data(80)
    fitted = surrogate.fit(x[:60], y[:60], 0)
    rows = np.unique(np.linspace(0, 59, 20).round().astype(int))
    alone = surrogate.fit(x[rows], y[rows], 0)
    left, right = (
        part.posterior(x[:60], y[:60], np.ones(60), 4, 0).predict(x[60:])[0].mean(0)
        for part in (fitted, alone)
    )
    assert np.corrcoef(left, f[60:])[0, 1] > 0.9
    np.testing.assert_allclose(left, right, atol=0.05)


@pytest.mark.parametrize("unit", [1.0, 100.0])
def test_the_noise_has_a_floor_in_the_unit_of_quality(surrogate: Gaussian, unit: float) -> None:
    x, y, _ = make_data(40)
    floor = (0.02 * unit) ** 2
    fits = [surrogate.fit(x, unit * y, 0, least) for least in (0.0, floor)]
    for free, held in zip(fits[0].members, fits[1].members, strict=True):
        assert free.noise < floor
        assert held.noise == pytest.approx(floor, rel=0.05)


@pytest.mark.parametrize(
    ("floor", "size", "unit"), [(0.04, 3.0, 0.2), (0.0, 3.0, 3.0), (0.0, 0.0, 1.0)]
)
def test_equal_observations_are_counted_in_their_noise(
    floor: float, size: float, unit: float
) -> None:
    found = Unit.of(np.full(5, size), floor)
    assert found.shift == size
    assert found.spread == pytest.approx(unit)
