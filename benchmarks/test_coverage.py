"""The simulation is of what it says, and intervals hold where seeds differ much and where not."""

import numpy as np
import pytest

from benchmarks.coverage import LEFT, RIGHT, Case, answer, hold
from benchmarks.discoveries import measure
from benchmarks.top_coverage import hold as hold_near_top


def test_arms_are_as_good_as_is_said_and_agree_on_rows() -> None:
    draw, case = np.random.default_rng(0), Case("accuracy", 40_000, 3, 0.0)
    truth, hard = np.ones(case.rows), draw.normal(size=case.rows)
    left, right = (answer(draw, case, truth, hard, x, 3) for x in (LEFT, RIGHT))
    assert [left.mean(), right.mean()] == pytest.approx([LEFT, RIGHT], abs=0.01)
    own, across = (left[:, 0] == left[:, 1]).mean(), (left[:, 0] == right[:, 0]).mean()
    apart = LEFT * RIGHT + (1 - LEFT) * (1 - RIGHT)
    assert own > across + 0.01 > apart + 0.05


@pytest.mark.parametrize(
    "case",
    [
        Case("accuracy", 150, 3, 0.0),
        Case("accuracy", 500, 3, 0.03),
        Case("accuracy", 500, 3, 0.03, floor=True),
    ],
)
def test_intervals_hold_in_about_95_of_100(case: Case) -> None:
    found = hold(case, 600)
    assert 0.92 < found["held"] < 0.985
    assert found["low"] < found["held"] < found["high"]


def test_the_truth_of_f1_is_that_of_many_rows() -> None:
    case = Case("f1", 200_000, 3, 0.0)
    draw = np.random.default_rng(0)
    truth = (draw.random(case.rows) < 0.3).astype(float)
    hard = draw.normal(size=case.rows)
    left, right = (
        case.judge.score(answer(draw, case, truth, hard, x, 1)[:, 0], truth) for x in (LEFT, RIGHT)
    )
    assert left - right == pytest.approx(case.truth, abs=0.004)


def test_claims_of_a_front_without_any_truth_are_rare() -> None:
    rate, _, alone = measure(Case("accuracy", 150, 3, 0.005), 0, 60)
    assert rate < 0.1 < alone


def test_an_f1_near_the_top_has_an_interval_that_holds() -> None:
    alone, told = hold_near_top(Case("f1", 30, 3, 0.0), 0.99, 100)
    assert alone < 0.6 and told > 0.93
