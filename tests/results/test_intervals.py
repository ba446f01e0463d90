from dataclasses import replace

import numpy as np
import pytest

from peftsearch.records.estimates import pair_error
from peftsearch.results.comparisons.intervals import (
    compare_values,
    paired_difference,
    usual_variance,
)
from peftsearch.results.comparisons.row_values import BLOCKS, hits, pseudo_values
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


def test_rows_and_seeds_are_parted() -> None:
    """Without interaction each part is exactly the variance of its own effects."""
    rng = np.random.default_rng(3)
    rows, seeds = rng.normal(size=40), np.array([0.1, 0.2, 0.6])
    found = compare_values(rows[:, None] + seeds)
    assert found.mean == pytest.approx(rows.mean() + 0.3)
    assert found.rows == pytest.approx(rows.var(ddof=1) / 40)
    assert found.seeds == pytest.approx(seeds.var(ddof=1) / 3)
    assert (found.rows_freedom, found.seeds_freedom) == (39, 2)


def test_what_seeds_and_rows_do_together_counts_once() -> None:
    """Answers that differ from seed to seed by chance alone leave no variance to the seeds."""
    rng = np.random.default_rng(4)
    shares = [compare_values(rng.normal(size=(200, 3))) for _ in range(300)]
    assert np.mean([x.seeds for x in shares]) < 0.6 / 600
    assert np.mean([x.rows for x in shares]) == pytest.approx(1 / 600, rel=0.05)


def test_few_seeds_have_the_quantile_of_few_seeds() -> None:
    """Where seeds alone differ, the interval is Student's; of a floor nothing is added."""
    seeds = np.array([[0.70, 0.72, 0.77]])
    left, floor = np.repeat(seeds, 50, axis=0), np.full((50, 1), 0.6)
    found = compare_values(left, floor).interval()
    half = 4.302653 * seeds.std(ddof=1) / np.sqrt(3)
    assert (found.low, found.high) == pytest.approx((0.13 - half, 0.13 + half))
    both = compare_values(left, left - 0.1)
    assert both.seeds_freedom == pytest.approx(4)
    assert both.seeds == pytest.approx(2 * seeds.var(ddof=1) / 3)


def test_the_chance_is_that_of_the_interval_which_just_excludes_nothing() -> None:
    rng = np.random.default_rng(5)
    parts = compare_values(0.3 + rng.normal(size=(60, 3)), rng.normal(size=(60, 2)))
    found = parts.interval(1 - parts.p_value)
    assert 0 < parts.p_value < 0.5
    assert found.low == pytest.approx(0, abs=1e-9) and found.high > found.low
    assert found.errors == pytest.approx(found.mean / np.sqrt(parts.rows + parts.seeds))
    assert compare_values(np.ones((9, 1))).p_value == 0.0
    assert compare_values(np.zeros((9, 1))).p_value == 1.0


def test_the_same_answers_to_a_few_rows_are_no_certainty() -> None:
    """Half a row is added to each way in which two arms may be right, as in `pair_error`."""
    right = np.ones((60, 3))
    found = compare_values(right, right[:, :1], counted=True).interval()
    assert found.low < found.mean == 0 < found.high
    gained = right.copy()
    gained[:4] = 0
    four = compare_values(right, gained, counted=True)
    assert four.error == pytest.approx(pair_error(4, 0, 60))
    assert not four.interval().resolved  # McNemar's exact test: 1 in 8


def test_a_jackknife_of_a_mean_is_that_mean_and_its_rows() -> None:
    rng = np.random.default_rng(6)
    references = rng.integers(2, size=90)
    answers = [rng.integers(2, size=90) for _ in range(2)]
    values = pseudo_values(answers, references, accuracy)
    right = hits(answers, references)
    assert sorted(values[:, 0]) == pytest.approx(sorted(right[:, 0]))
    assert compare_values(values).rows == pytest.approx(compare_values(right).rows)
    many = pseudo_values([rng.integers(2, size=1000)], rng.integers(2, size=1000), accuracy)
    assert many.shape == (BLOCKS, 1)


def test_seeds_that_agree_by_luck_are_not_believed_among_many() -> None:
    """The usual variance is the mean of all arms, and bounds the chance from below."""
    rng = np.random.default_rng(7)
    arms = [rng.normal(size=3) + 0.01 * rng.normal(size=(50, 3)) for _ in range(40)]
    usual, freedom = usual_variance(arms)
    assert freedom == 80 and usual == pytest.approx(1 / 3, rel=0.3)
    steady = compare_values(0.5 + np.zeros((50, 3)) + rng.normal(size=(50, 1)))
    assert steady.seeds < 1e-30
    doubted = replace(steady, usual=usual, usual_freedom=freedom)
    assert steady.p_value < 0.01 < 0.2 < doubted.p_value
    wild = compare_values(np.array([[-9.0, 0.0, 9.0]]) + np.zeros((50, 1)))
    assert replace(wild, usual=1e-6, usual_freedom=80).half_width(0.01) == wild.half_width(0.01)


@pytest.mark.parametrize(("spread", "floor"), [(0.0, False), (0.05, False), (0.05, True)])
def test_intervals_hold_whether_three_seeds_differ_or_not(spread: float, floor: bool) -> None:
    """Rows of a difficulty that both arms share; a truth of .1; 500 confirmations."""
    held = 0
    for i in range(500):
        rng = np.random.default_rng(i)
        hard = rng.normal(size=(120, 1))
        left = hard + 0.1 + 0.2 * rng.normal(size=(120, 3)) + spread * rng.normal(size=3)
        others = 0.0 if floor else spread * rng.normal(size=3)
        right = hard + 0.2 * rng.normal(size=(120, 1 if floor else 3)) + others
        found = compare_values(left, right).interval()
        held += found.low <= 0.1 <= found.high
    assert 460 <= held <= 490


def test_equal_shares_differ_by_nothing() -> None:
    left = np.ones((120, 3))
    left[:63, 0] = 0.0
    right = np.ones((120, 1))
    right[:21, 0] = 0.0
    found = compare_values(left, right, counted=True)
    assert (found.mean, found.p_value) == (0.0, 1.0)
