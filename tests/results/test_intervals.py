import numpy as np
import pytest

from peftsearch.results.intervals import paired_difference
from peftsearch.workers.training.metrics import measure


def accuracy(predictions: np.ndarray, references: np.ndarray) -> float:
    return float((predictions == references).mean())


def test_equal_arms_differ_by_nothing() -> None:
    rng = np.random.default_rng(0)
    references = rng.integers(2, size=200)
    arm = [rng.integers(2, size=200)]
    difference = paired_difference(arm, arm, references, accuracy)
    assert difference.mean == difference.low == difference.high == 0
    assert not difference.resolved


def test_pairing_is_narrower_than_the_arms_apart() -> None:
    """Arms that err on the same rows are told apart by the rows on which they differ."""
    rng = np.random.default_rng(1)
    references = np.zeros(500, dtype=int)
    worse = (rng.random(500) < 0.4).astype(int)
    better = worse.copy()
    better[np.flatnonzero(worse)[:25]] = 0
    difference = paired_difference([better], [worse], references, accuracy)
    assert difference.mean == pytest.approx(0.05)
    assert difference.resolved
    unpaired = 2 * 1.96 * np.sqrt(2 * 0.4 * 0.6 / 500)
    assert difference.high - difference.low < unpaired / 2


def test_interval_covers_about_95_percent() -> None:
    """Over 200 simulated test sets, the interval of a known difference misses it seldom."""
    hits = 0
    for i in range(200):
        rng = np.random.default_rng(i)
        references = np.zeros(300, dtype=int)
        left = [(rng.random(300) < 0.2).astype(int)]
        right = [(rng.random(300) < 0.3).astype(int)]
        found = paired_difference(left, right, references, accuracy)
        hits += found.low <= 0.1 <= found.high
    assert 180 <= hits <= 199


def test_the_interval_of_an_area_is_that_of_the_area() -> None:
    """The metric is computed anew in each sample, from outputs and not from what was chosen."""
    rng = np.random.default_rng(2)
    references = (np.arange(300) < 60).astype(int)
    good, poor = (
        np.column_stack([np.zeros(300), rng.normal(size=300) + gap * references])
        for gap in (2.0, 0.5)
    )

    def area(predictions: np.ndarray, truth: np.ndarray) -> float:
        return measure("roc_auc", "classification", predictions, truth, 2)

    found = paired_difference([good], [poor], references, area)
    assert found.mean == pytest.approx(area(good, references) - area(poor, references))
    assert 0 < found.low < found.mean < found.high
    both = np.array([area(x, references) for x in (good, poor)])
    # Of areas of .92 and .64 with 60 positive rows (Hanley and McNeil, 1982).
    assert both == pytest.approx([0.92, 0.64], abs=0.08)
    assert 0.07 < found.high - found.low < 0.22
