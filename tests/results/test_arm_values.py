"""One arm's metric on few test rows: its interval ends where the metric does, and is none of 0."""

import numpy as np
import pytest

from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.confirmations.arm_values import Judge
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, objective


def judge_right(metric: str, rows: int, positive: int) -> Difference:
    """The metric of answers that are all right, of three seeds."""
    truth = np.zeros(rows, dtype=np.int64)
    truth[:positive] = 1
    right = 3.0 * np.eye(2)[truth] if metric in ("roc_auc", "average_precision") else truth
    judge = Judge(metric, "classification", 2, 1).on(right, truth)
    return judge.interval(judge.layout([right] * 3, truth), 0.95)


@pytest.mark.parametrize(
    "metric", ["f1", "f1_macro", "matthews", "balanced_accuracy", "roc_auc", "average_precision"]
)
def test_that_all_of_a_few_rows_are_right_is_no_certainty(metric: str) -> None:
    """An interval of width 0 was told: rows that are answered alike vary by nothing. What is known
    of an accuracy by adding rows is about twice as wide."""
    found, counted = judge_right(metric, 40, 20), judge_right("accuracy", 40, 20)
    assert found.mean == found.high == 1.0
    assert 1 - counted.low < 2.1 * (1 - found.low) and found.low < 0.96
    few = judge_right(metric, 40, 3)
    assert few.low < found.low < judge_right(metric, 400, 200).low < 1


def test_answers_that_are_the_same_differ_by_no_more_than_a_row_might() -> None:
    truth = np.arange(40) % 2
    judge = Judge("f1_macro", "classification", 2).on(truth, truth)
    values = judge.layout([truth], truth)
    found = judge.compare(values, values).interval(0.95)
    assert found.low == pytest.approx(-found.high) and found.high > 1 / 40
    assert not found.resolved


def test_an_interval_ends_where_its_metric_does() -> None:
    draw = np.random.default_rng(0)
    truth = draw.normal(size=12)
    far = truth + np.r_[np.zeros(11), 9.0]
    for metric in ("r2", "rmse", "mae", "pearson", "spearman"):
        judge = Judge(metric, "regression", 0)
        found = judge.interval(judge.layout([far], truth), 0.95)
        least, most = objective(metric).ends
        assert least <= found.low < found.high <= most
        assert least == found.low or most == found.high or metric == "spearman"


def test_every_quality_says_where_it_ends() -> None:
    scores = [OBJECTIVES.find(x) for x in OBJECTIVES if not OBJECTIVES.find(x).known]
    assert objective("r2").ends == (-np.inf, 1.0)
    assert all(x.ends[0] < x.ends[1] for x in scores)
