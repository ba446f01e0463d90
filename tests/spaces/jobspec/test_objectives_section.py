"""Two to four objectives in a job file: what they mean, and what is refused in one line."""

import json
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.jobspec.stored import parse_stored
from tests.specs import make_spec

LANGUAGE = {"kind": "causal_lm", "train": "t.jsonl"}


def make(task: dict[str, Any] | None = None, **objectives: Any) -> JobSpec:
    return make_spec(task=task or {"train": "t.csv"}, objectives=objectives)


@pytest.mark.parametrize(
    ("objectives", "goals"),
    [
        ({}, ("accuracy", "trainable_parameters")),
        ({"cost": "size"}, ("accuracy", "export_bytes")),
        ({"minimise": ["size"]}, ("accuracy", "export_bytes")),
        ({"maximise": ["f1"]}, ("accuracy", "f1", "trainable_parameters")),
        ({"maximise": ["f1", "accuracy"], "cost": "size"}, ("accuracy", "f1", "export_bytes")),
        (
            {"minimise": ["training_seconds", "size", "log_loss"]},
            ("accuracy", "export_bytes", "training_seconds", "log_loss"),
        ),
        (
            {"minimise": ["size", "backward_depth"], "cost": "backward_depth"},
            ("accuracy", "backward_depth", "export_bytes"),
        ),
    ],
)
def test_the_quality_comes_first_then_what_is_to_be_large_then_the_cost(
    objectives: dict[str, Any], goals: tuple[str, ...]
) -> None:
    spec = make(**objectives)
    assert spec.goals == goals
    assert parse_spec(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_quality_that_is_to_be_small_may_be_named_among_the_small() -> None:
    spec = make(LANGUAGE, minimise=["loss", "size"])
    assert (spec.goals, spec.objectives.cost) == (("loss", "export_bytes"), "export_bytes")


def test_a_document_of_before_means_what_it_meant() -> None:
    document = make(cost="adapter_bytes").to_json()
    for key in ("maximise", "minimise"):
        del document["objectives"][key]
    assert parse_stored(document) == make(cost="adapter_bytes")


def test_bounds_on_what_is_known_are_hard_and_others_are_limits() -> None:
    bounds = ["size <= 200 KB", "f1 >= 0.8", "training_seconds <= 1 min"]
    spec = make(minimise=["size", "peak_memory_bytes"], bounds=bounds)
    assert list(map(str, spec.bounds)) == ["export_bytes <= 200 KB"]
    assert list(map(str, spec.limits)) == ["f1 >= 0.8", "training_seconds <= 60 s"]
    assert spec.measured == ("accuracy", "peak_memory_bytes", "f1", "training_seconds")


def test_what_is_minimised_and_known_is_computed_before_training() -> None:
    assert "training_flops" not in make().objectives.minimise
    wanted = {"minimise": ["size", "training_flops"]}
    spec = make_spec(objectives=wanted, training={"dropout": 0.1})
    assert "training_flops" in spec.objectives.minimise
    assert "training_flops" not in spec.measured


@pytest.mark.parametrize(
    ("objectives", "words"),
    [
        ({"maximise": ["size"]}, "of which larger is better; got 'export_bytes'; name it in obj"),
        ({"minimise": ["f1"]}, "of which smaller is better; got 'f1'; name it in objectives.max"),
        ({"minimise": ["sise"]}, "'sise'"),
        ({"minimise": ["size", "export_bytes"]}, "each objective once; got 'export_bytes' twice"),
        ({"minimise": ["size"], "cost": "adapter_bytes"}, "among objectives.minimise, export_by"),
        ({"maximise": ["r2"]}, "what trials of classification measure (accuracy, f1, "),
        ({"maximise": ["exact_match"]}, "what trials of classification measure"),
        ({"maximise": ["f1", "matthews", "roc_auc"]}, "2 to 4 objectives; got 5: accuracy, f1"),
        ({"minimise": ["training_seconds"]}, "a known cost in objectives.minimise"),
        ({"bounds": ["training_seconds >= 5"]}, "an upper bound on training_seconds"),
        ({"bounds": ["r2 >= 0.5"]}, "what trials of classification measure"),
    ],
)
def test_refused(objectives: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as caught:
        make(**objectives)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.where.startswith("objectives")


@pytest.mark.parametrize(
    ("objectives", "words"),
    [
        ({"minimise": ["loss"]}, "something to be small beside the quality, loss"),
        ({"maximise": ["exact_match"], "cost": "size"}, "exact_match as task.metric"),
    ],
)
def test_refused_of_a_language_model(objectives: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        make(LANGUAGE, **objectives)
