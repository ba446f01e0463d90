"""Importance: Optuna's evaluator agrees, and known answers come out."""

import math
from collections.abc import Sequence

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import create_trial

from peftsearch.insight.importance import FEWEST, Row, importance
from peftsearch.insight.parameters import LOG
from peftsearch.insight.points import Point, point_of
from peftsearch.insight.what_matters import ENOUGH, rank_parameters
from tests.results.made import SPEC, make_trial


def point(number: int, accuracy: float) -> Point:
    return point_of(make_trial(number, 1 + number % 8, accuracy), SPEC)


def _rows(n: int, seed: int = 0) -> list[Row]:
    rng = np.random.default_rng(seed)
    return [
        {
            "learning_rate": float(10 ** rng.uniform(-4, -2)),
            "largest_capacity": int(2 ** rng.integers(0, 7)),
            "adapted_layers": int(rng.integers(7)),
            "width": int(rng.integers(900)),
            "share": float(rng.uniform()),
            "techniques": f"technique {rng.integers(30)}",
            "input": f"input {rng.integers(3)}",
            "strata": 3,
        }
        for _ in range(n)
    ]


def _by_rate(rows: Sequence[Row], noise: float = 0.1) -> list[float]:
    """Best at 1e-3, whatever else."""
    rng = np.random.default_rng(1)
    return [
        -abs(math.log10(float(row["learning_rate"])) + 3) + noise * rng.normal() for row in rows
    ]


def _domain(name: str, values: list[float | str]) -> BaseDistribution:
    if isinstance(values[0], str):
        return CategoricalDistribution(sorted({str(x) for x in values}))
    low, high = min(map(float, values)), max(map(float, values))
    if isinstance(values[0], int):
        return IntDistribution(int(low), int(high), log=name in LOG)
    return FloatDistribution(low, high, log=name in LOG)


def _evaluate(rows: Sequence[Row], targets: Sequence[float]) -> dict[str, float]:
    """The same by Optuna."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    domains = {name: _domain(name, x) for name, x in columns.items() if len(set(x)) > 1}
    study = optuna.create_study(direction="maximize")
    for row, target in zip(rows, targets, strict=True):
        values = {name: row[name] for name in domains}
        study.add_trial(create_trial(params=values, distributions=domains, value=target))
    share = min(max(0.1, 5 / len(rows)), 0.5)
    found = PedAnovaImportanceEvaluator(target_quantile=share).evaluate(study)
    return {name: score / sum(found.values()) for name, score in found.items()}


@pytest.mark.parametrize("n", [8, 24, 200])
def test_agrees_with_optuna(n: int) -> None:
    rows = _rows(n, seed=n)
    targets = _by_rate(rows)
    assert dict(importance(rows, targets)) == pytest.approx(_evaluate(rows, targets), abs=1e-12)


def test_agrees_with_optuna_where_targets_tie() -> None:
    rows = _rows(100)
    targets = [round(target, 1) for target in _by_rate(rows)]
    assert dict(importance(rows, targets)) == pytest.approx(_evaluate(rows, targets), abs=1e-12)


def test_the_one_that_decides_has_most_and_the_others_little() -> None:
    rows = _rows(400)
    found = importance(rows, _by_rate(rows))
    (first, share), *others = found
    assert first == "learning_rate"
    assert share > 0.8
    assert all(small < 0.1 for _, small in others)
    assert math.fsum(x for _, x in found) == pytest.approx(1.0)
    assert "strata" not in dict(found)


def test_the_sign_matters_and_the_order_of_trials_does_not() -> None:
    rows = [{"adapted_layers": x % 10, "strata": x % 7} for x in range(70)]
    targets = [1.0 if row["adapted_layers"] == 9 else row["strata"] / 10 for row in rows]
    found = importance(rows, targets)
    assert found[0][0] == "adapted_layers"
    assert importance(rows, [-x for x in targets])[0][0] == "strata"
    assert importance(rows[::-1], targets[::-1]) == found


def test_categories_can_decide() -> None:
    rows = _rows(300)
    targets = [float(row["input"] == "input 1") - 0.01 * i / 300 for i, row in enumerate(rows)]
    assert importance(rows, targets)[0][0] == "input"


def test_few_trials_are_said_to_be_few() -> None:
    def warn(trials: int) -> str:
        points = [point(i, 0.5 + 0.001 * (i % 7)) for i in range(trials)]
        return rank_parameters(points, "accuracy")["warning"]

    assert warn(24).startswith(f"Not to be trusted from 24 trials: {ENOUGH} would do.")
    assert warn(ENOUGH) == "" == warn(FEWEST - 1)


def test_ten_thousand_trials() -> None:
    rows = _rows(10_000)
    assert importance(rows, _by_rate(rows))[0][0] == "learning_rate"


@pytest.mark.parametrize(
    ("rows", "targets"),
    [
        ([], []),
        (_rows(7), [float(x) for x in range(7)]),
        (_rows(20), [0.5] * 20),
        ([{"strata": 3}] * 20, [float(x) for x in range(20)]),
        (_rows(20), [math.nan] * 13 + [float(x) for x in range(7)]),
    ],
)
def test_says_nothing_where_nothing_can_be_said(rows: list[Row], targets: list[float]) -> None:
    assert importance(rows, targets) == []


def test_a_trial_without_a_target_is_left_out() -> None:
    rows = _rows(40)
    targets = _by_rate(rows)
    expected = importance(rows[:30], targets[:30])
    assert importance(rows, [*targets[:30], *[math.nan] * 10]) == expected
