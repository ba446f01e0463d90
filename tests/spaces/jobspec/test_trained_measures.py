"""What is measured of a trained model: which jobs may ask for it."""

from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, Objective
from tests.specs import make_spec


def test_measures_are_goals_limits_and_beside() -> None:
    wanted = {
        "minimise": ["size", "latency_ratio"],
        "bounds": ["membership_auc <= 0.6"],
        "also": ["worst_group_loss"],
        "by": "dialect",
    }
    spec = make_spec(objectives=wanted)
    assert spec.goals == ("accuracy", "export_bytes", "latency_ratio")
    assert [x.name for x in spec.limits] == ["membership_auc"]
    assert spec.of_trained == ("latency_ratio", "membership_auc", "worst_group_loss")


def test_a_bound_may_be_beyond_what_is_best_but_for_noise() -> None:
    spec = make_spec(objectives={"bounds": ["membership_auc <= 0.45"]})
    spec.limits[0].check_reachable()


@pytest.mark.parametrize(
    ("objectives", "task", "message"),
    [
        ({"also": ["feature_drift"]}, {}, "objectives.reference for feature_drift, a file of"),
        ({"bounds": ["worst_group >= 0.8"]}, {}, "objectives.by for worst_group, the column"),
        ({"minimise": ["size", "forgetting"], "reference": "x.txt"}, {}, "a causal language mod"),
        (
            {"also": ["feature_drift"], "reference": "x.txt"},
            {"kind": "image_classification"},
            "a model that reads text for feature_drift",
        ),
        (
            {"also": ["worst_group"], "by": "x"},
            {"metric": "log_loss"},
            "more is better for worst_group; got log_loss; name worst_group_loss",
        ),
        ({"reference": "x.txt"}, {}, r"reads objectives.reference \(forgetting, feature_drift\)"),
        ({"by": "x"}, {}, r"reads objectives.by \(worst_group, worst_group_loss\)"),
        ({"maximise": ["latency_ratio"]}, {}, "of which larger is better; got 'latency_ratio'"),
        ({"maximise": ["r2"]}, {}, "worst_group_loss"),
    ],
)
def test_what_a_job_cannot_have_is_refused_in_one_line(
    objectives: dict[str, Any], task: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        make_spec(objectives=objectives, task={"train": "train.csv"} | task)


def test_worst_groups_of_a_loss_have_their_own_measure() -> None:
    wanted = {"also": ["worst_group_loss"], "by": "x"}
    task = {"train": "train.csv", "metric": "log_loss"}
    assert make_spec(objectives=wanted, task=task).of_trained == ("worst_group_loss",)


def test_a_row_has_one_origin() -> None:
    with pytest.raises(ValueError, match="one of cost, measure and trained"):
        Objective("two", "two", False, measure=lambda outcome: 1.0, trained="here:there")


def test_every_own_measure_can_be_found() -> None:
    from importlib import import_module

    rows = [x for x in OBJECTIVES.own.values() if x.trained]
    assert len(rows) == 6
    for row in rows:
        module, _, name = row.trained.partition(":")
        assert callable(getattr(import_module(module), name))
