"""Forests as estimators and as the surrogate of a job."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from peftsearch.search.surrogates.gaussian import Matrix
from peftsearch.search.surrogates.tessellation_forest import TessellationForest
from peftsearch.search.tessellation.estimators import (
    TessellationForestClassifier,
    TessellationForestRegressor,
)

SMALL: dict[str, Any] = {"n_estimators": 8, "particles": 6, "max_leaves": 12}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [TessellationForestRegressor(**SMALL), TessellationForestClassifier(**SMALL)]
)
def test_scikit_learn_s_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize(
    "wrong",
    [
        {"normals": "diagonal"},
        {"weights": [1.0]},
        {"weights": [1.0, -1.0]},
        {"weights": [0.0, 0.0]},
        {"n_estimators": 0},
        {"particles": 0},
        {"max_leaves": 0},
        {"max_leaves": 2.5},
        {"weights": [1.0, float("inf")]},
        {"weights": [1.0, float("nan")]},
        {"budget": float("nan")},
        {"budget": 0},
    ],
)
def test_what_no_forest_has_is_said(wrong: dict[str, Any]) -> None:
    x = np.random.default_rng(0).random((10, 2))
    with pytest.raises(ValueError, match="expected .*; got .*; "):
        TessellationForestRegressor(**{**SMALL, **wrong}).fit(x, x[:, 0])


@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_the_unit_of_a_target_does_not_matter(unit: float) -> None:
    x = np.random.default_rng(0).random((20, 2))
    plain, scaled = (
        TessellationForestRegressor(**SMALL, random_state=0).fit(x, factor * x[:, 0])
        for factor in (1.0, unit)
    )
    for expected, found in zip(
        plain.predict(x, return_std=True), scaled.predict(x, return_std=True), strict=True
    ):
        np.testing.assert_allclose(found / unit, expected, rtol=1e-6)


@pytest.mark.parametrize("weights", [[1e-200, 1e-200], [1e200, 1.0], [1e170, 1e170]])
def test_the_size_of_weights_does_not_matter(weights: list[float]) -> None:
    x = np.random.default_rng(0).random((20, 2))
    found = [
        TessellationForestRegressor(**SMALL, weights=w, random_state=0).fit(x, x[:, 0]).predict(x)
        for w in (weights, (np.array(weights) / max(weights)).tolist())
    ]
    np.testing.assert_array_equal(*found)


def test_targets_are_numbers() -> None:
    x = np.random.default_rng(0).random((3, 2))
    forest = TessellationForestRegressor(**SMALL, random_state=0)
    np.testing.assert_array_equal(
        forest.fit(x, np.array(["1", "2", "3"])).predict(x), forest.fit(x, [1, 2, 3]).predict(x)
    )
    with pytest.raises(ValueError, match="could not convert string to float: .*'a'"):
        forest.fit(x, np.array(["1", "2", "a"]))


def test_a_target_that_differs_by_rounding_alone_is_constant() -> None:
    x = np.random.default_rng(0).random((20, 2))
    for y in (np.full(20, 0.3), 0.3 + 1e-16 * x[:, 0]):
        forest = TessellationForestRegressor(**SMALL, random_state=0).fit(x, y)
        means, doubts = forest.predict(x, return_std=True)
        np.testing.assert_allclose(means, 0.3)
        assert ((0 < doubts) & (doubts < 1)).all()


def _error(x: Matrix, y: Matrix, **options: Any) -> float:
    """Of predictions of the second half from the first."""
    half = len(x) // 2
    forest = TessellationForestRegressor(
        n_estimators=12, particles=20, max_leaves=10, random_state=0, **options
    )
    found = forest.fit(x[:half], y[:half]).predict(x[half:])
    return float(np.sqrt(np.mean((found - y[half:]) ** 2)))


def test_oblique_cuts_find_what_is_oblique_and_axes_what_is_not() -> None:
    x = np.random.default_rng(0).random((200, 2))
    oblique, straight = (x.sum(1) > 1).astype(float), (x[:, 0] > 0.5).astype(float)
    assert _error(x, oblique) < 0.9 * _error(x, oblique, normals="axis")
    assert _error(x, straight, normals="axis") < 0.9 * _error(x, straight)


def test_particles_that_look_at_the_data_are_better_than_draws_of_the_prior() -> None:
    x = np.random.default_rng(1).random((160, 4))
    y = 1.0 * (x[:, 0] + x[:, 1] > 1.0)
    half = len(x) // 2
    found = [
        TessellationForestRegressor(16, n, max_leaves=12, random_state=0)
        .fit(x[:half], y[:half])
        .score(x[half:], y[half:])
        for n in (1, 20)
    ]
    assert found[1] > found[0] + 0.05


def test_weights_tell_which_columns_to_cut() -> None:
    x = np.random.default_rng(0).random((160, 6))
    y = np.sin(6 * x[:, 0])
    weighted = _error(x, y, weights=[1.0, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert weighted < 0.9 * _error(x, y)


def wave(x: Matrix) -> Matrix:
    """A smooth function of two columns."""
    found: Matrix = np.sin(4 * x[:, 0]) + x[:, 1]
    return found


def test_intervals_cover_and_widen_off_the_data() -> None:
    rng = np.random.default_rng(0)
    x, others = rng.random((80, 2)), rng.random((200, 2))
    y = wave(x) + 0.1 * rng.standard_normal(80)
    forest = TessellationForestRegressor(24, 20, random_state=0).fit(x, y)
    mean, deviation = forest.predict(others, return_std=True)
    assert np.mean(np.abs(wave(others) - mean) < 1.96 * deviation) > 0.9
    assert deviation.mean() < 0.6 * y.std()
    assert 0.03 < forest.predict_noise() < 0.3
    away = np.column_stack([np.linspace(1, 4, 7), np.full(7, 0.5)])
    _, wider = forest.predict(away, return_std=True)
    assert (np.diff(wider)[:3] > 0).all()
    assert wider[3:].min() > 1.5 * deviation.mean()


def test_a_real_table() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    rows = train_test_split(x, y, train_size=150, random_state=0, stratify=y)
    train, test, known, truth = rows
    forest = TessellationForestClassifier(24, 16, max_leaves=16, random_state=0)
    found = forest.fit(train, known).score(test, truth)
    line = make_pipeline(StandardScaler(), LogisticRegression()).fit(train, known)
    assert found > 0.92
    assert found > line.score(test, truth) - 0.05
    shares = forest.predict_proba(test)
    np.testing.assert_allclose(shares.sum(1), 1.0)
    assert -np.log(shares[np.arange(len(truth)), truth]).mean() < 0.35


@pytest.fixture(params=[1, 2, 4, 8])
def pool(request: pytest.FixtureRequest) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(request.param) as found:
        yield found


def test_trees_over_workers_are_the_same(pool: ThreadPoolExecutor) -> None:
    rng = np.random.default_rng(0)
    x = rng.random((40, 4))
    y, others = np.sin(4 * x[:, 0]), rng.random((10, 4))
    found = [
        TessellationForestRegressor(**SMALL, random_state=3, executor=executor)
        .fit(x, y)
        .predict(others)
        for executor in (None, pool)
    ]
    assert found[0].tobytes() == found[1].tobytes()


def make_data(n: int, d: int = 8) -> tuple[Matrix, Matrix, Matrix]:
    """Inputs, noisy and true quality; two of `d` inputs matter."""
    rng = np.random.default_rng(0)
    x = rng.random((n, d))
    f = 0.7 + 0.1 * np.tanh(3 * x[:, 0] - 1) + 0.05 * x[:, 1] ** 2
    return x, f + 0.01 * rng.standard_normal(n), f


def test_the_surrogate_predicts_what_it_has_not_seen() -> None:
    x, y, f = make_data(90)
    posterior = (
        TessellationForest().fit(x[:60], y[:60], 0).posterior(x[:60], y[:60], np.ones(60), 8, 0)
    )
    mean, variance = posterior.predict(x[60:])
    assert mean.shape == variance.shape == (len(posterior.draws), 30)
    assert np.corrcoef(mean.mean(0), f[60:])[0, 1] > 0.7
    assert (variance > 0).all()


def test_the_surrogate_draws_at_observed_and_pending_points() -> None:
    x, y, _ = make_data(22)
    fitted = TessellationForest().fit(x[:20], y[:20], 0)
    draws = fitted.posterior(x, y[:20], np.ones(20), 4, 0).draws
    assert draws.shape == (16, 22)
    assert np.corrcoef(draws[:, :20].mean(0), y[:20])[0, 1] > 0.9
    assert draws[:, 20:].std(0).min() > draws[:, :20].std(0).mean()


def test_a_draw_is_known_where_it_was_drawn() -> None:
    """So that copies of a lucky or of a pending point gain nothing."""
    x, y, _ = make_data(22)
    posterior = TessellationForest().fit(x[:20], y[:20], 0).posterior(x, y[:20], np.ones(20), 4, 0)
    mean, variance = posterior.predict(x)
    np.testing.assert_allclose(mean, posterior.draws, atol=1e-9)
    assert variance.max() < 1e-12


def test_the_surrogate_counts_in_the_unit_of_quality_and_moves_no_global_generator() -> None:
    x, y, _ = make_data(20)
    before = str(np.random.get_state())
    found = [
        TessellationForest()
        .fit(x, unit * y, 3, (0.02 * unit) ** 2)
        .posterior(x, unit * y, np.ones(20), 2, 5)
        .predict(x + 0.1)
        for unit in (1.0, 100.0)
    ]
    np.testing.assert_allclose(100 * found[0][0], found[1][0], rtol=1e-6)
    np.testing.assert_allclose(1e4 * found[0][1], found[1][1], rtol=1e-6, atol=1e-12)
    assert str(np.random.get_state()) == before


def test_constant_quality_is_learnt() -> None:
    x, _, _ = make_data(6)
    y = np.full(6, 0.7)
    posterior = TessellationForest().fit(x, y, 0).posterior(x, y, np.ones(6), 2, 0)
    mean, variance = posterior.predict(x + 0.2)
    assert np.isfinite(variance).all()
    assert abs(mean.mean(0) - 0.7).max() < 0.5
