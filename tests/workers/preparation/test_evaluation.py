"""How sure a score is."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from peftsearch.records.estimates import share_error
from peftsearch.workers.preparation.evaluation import Evaluation, standard_error
from peftsearch.workers.preparation.opened_job import OpenedJob
from tests.specs import make_spec


def job_of(metric: str, kind: str = "classification") -> OpenedJob:
    spec = make_spec(task={"train": "d.csv", "kind": kind, "metric": metric})
    return cast(OpenedJob, SimpleNamespace(spec=spec, classes=2, positive=1))


def error(metric: str, predictions: Any, truth: Any, value: float) -> float:
    found = Evaluation({metric: value}, np.array(predictions), np.array(truth))
    return standard_error(job_of(metric), found)


def test_a_perfect_score_of_a_rare_class_is_as_sure_as_its_rows() -> None:
    truth = [0] * 53 + [1] * 7
    assert error("f1", truth, truth, 1.0) == share_error(1.0, 7) > 0.1
    assert error("accuracy", truth, truth, 1.0) == share_error(1.0, 60) < 0.03


def test_of_what_is_not_perfect_a_bootstrap_tells() -> None:
    truth = [0] * 30 + [1] * 30
    predictions = [0] * 24 + [1] * 36
    assert error("f1", predictions, truth, 10 / 11) == pytest.approx(0.037, abs=0.01)


def test_an_error_below_that_of_a_share_is_what_new_rows_would_show() -> None:
    """F1 of a class that most rows have: the truth is known, since rows are drawn 2,000 times."""
    draw, rows = np.random.default_rng(1), 1400

    def make() -> tuple[Any, Any, float]:
        truth = draw.random(rows) < 0.8
        found = np.where(draw.random(rows) < 0.94, truth, ~truth)
        return truth, found, float(2 * np.sum(truth & found) / (np.sum(truth) + np.sum(found)))

    true = float(np.std([make()[2] for _ in range(2000)]))
    told = []
    for _ in range(5):
        truth, found, value = make()
        told.append(error("f1", found.astype(int), truth.astype(int), value))
    assert np.mean(told) == pytest.approx(true, rel=0.15)
    assert max(true, float(np.mean(told))) < 0.9 * share_error(value, rows)
