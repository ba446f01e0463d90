"""Thresholds for a wished precision."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from peftsearch.errors import UserError
from peftsearch.results.calibrations.thresholds import (
    LEVEL,
    TRIED,
    Found,
    Threshold,
    check_precision,
    choose_threshold,
    classes_of,
    floor,
    tell_threshold,
)

Sample = tuple[NDArray[np.float64], NDArray[np.bool_]]


def sample(rows: int, seed: int = 0) -> Sample:
    """Calibrated probabilities, most of them far from one half."""
    draw = np.random.default_rng(seed)
    scores = draw.beta(0.6, 0.6, rows)
    return scores, draw.random(rows) < scores


def test_the_bound_is_that_of_clopper_and_pearson() -> None:
    scores, members = sample(300)
    found = Found.of(scores, members, 0.7)
    taken = scores >= 0.7
    exact = binomtest(int((taken & members).sum()), int(taken.sum()), alternative="greater")
    assert found.lower == pytest.approx(exact.proportion_ci(LEVEL, "exact").low)
    assert found.precision == pytest.approx(members[taken].mean())
    assert found.recall == pytest.approx((taken & members).sum() / members.sum())


def test_what_is_promised_holds_on_other_rows() -> None:
    other, truth = sample(200_000, 999)
    broken, found = 0, 0
    for seed in range(200):
        chosen = choose_threshold("yes", *sample(400, seed), 0.85)
        if chosen.value is not None:
            found += 1
            broken += truth[other >= chosen.value].mean() < 0.85
    assert found > 100
    assert broken <= 0.05 * 200


def test_the_lowest_that_holds_is_taken() -> None:
    scores, members = sample(4000)
    chosen = choose_threshold("yes", scores, members, 0.8)
    assert chosen.value is not None and chosen.found is not None
    assert chosen.found.lower >= 0.8
    higher = choose_threshold("yes", scores, members, 0.9)
    assert higher.found is not None and higher.found.recall < chosen.found.recall


def test_what_is_told_is_what_was_tried() -> None:
    """Four decimals of an overconfident model's threshold may accept other rows, or none."""
    scores = np.r_[1 - np.linspace(1e-7, 1e-6, 400), np.full(400, 0.02)]
    members = np.r_[np.ones(400), np.zeros(400)].astype(bool)
    chosen = choose_threshold("yes", scores, members, 0.9)
    assert chosen.value is not None and chosen.found is not None
    told = tell_threshold(chosen, "rows").partition("from probability ")[2].split()[0]
    assert Found.of(scores, members, float(told), looks=TRIED) == chosen.found
    high = choose_threshold("yes", scores, np.r_[np.ones(200), np.zeros(600)].astype(bool), 0.9)
    assert high.value is not None and high.found is not None and 0.9999 < high.value < 1
    told = tell_threshold(high, "rows").partition("from probability ")[2].split()[0]
    assert Found.of(scores, members, float(told)).accepted == high.found.accepted < 400


def test_what_is_not_reached_is_said_plainly() -> None:
    draw = np.random.default_rng(0)
    scores = draw.random(300)
    chosen = choose_threshold("yes", scores, draw.random(300) < 0.5, 0.9)
    assert chosen.value is None
    assert "is not reached on the 300 rows: the best of 10" in tell_threshold(chosen, "300 rows")


def test_too_few_rows_are_said_plainly() -> None:
    chosen = choose_threshold("yes", *sample(100), 0.99)
    assert chosen.needed == 528
    assert (1 - (1 - LEVEL) / TRIED) and 0.99**528 <= (1 - LEVEL) / TRIED < 0.99**527
    assert "even if all are right it takes 528 answers" in tell_threshold(chosen, "rows")


def test_a_class_of_too_few_rows_is_not_called_imprecise() -> None:
    """51 answers would hold others than its 20 rows, however well they are told apart."""
    members = np.arange(78) < 20
    chosen = choose_threshold("yes", np.where(members, 0.99, 0.01), members, 0.9)
    assert chosen.value is None and chosen.found is None and chosen.needed == 51
    told = tell_threshold(chosen, "78 rows")
    assert "takes 51 answers, more than the 78 rows have of it" in told


def test_rows_that_score_alike_are_accepted_together() -> None:
    scores = np.r_[np.full(100, 0.9), np.full(100, 0.1)]
    members = np.r_[np.ones(99), np.zeros(101)].astype(bool)
    chosen = choose_threshold("yes", scores, members, 0.9)
    assert chosen.value == pytest.approx(0.5)
    assert chosen.found is not None and chosen.found.accepted == 100


def test_as_json_and_back() -> None:
    for wished in (0.8, 0.999):
        chosen = choose_threshold("yes", *sample(400), wished)
        assert Threshold.from_json(chosen.to_json()) == chosen


def test_which_classes_have_a_threshold() -> None:
    assert classes_of(["no", "yes"], None) == [1]
    assert classes_of(["no", "yes"], 0) == [0]
    assert classes_of(["a", "b", "c"], None) == [0, 1, 2]


def test_a_bound_is_never_rounded_up() -> None:
    assert floor(0.8999) == "0.899"


@pytest.mark.parametrize("wished", [0.0, 1.0, 90.0, float("nan")])
def test_what_is_no_precision_is_refused(wished: float) -> None:
    with pytest.raises(UserError, match="a precision above 0 and below 1"):
        check_precision(wished)
