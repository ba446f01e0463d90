"""What a job finds out before its first trial, on tiny models of each way to pool."""

from pathlib import Path
from typing import Any

import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.head_tensors import linear_head
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.models.heads import head_tensors
from peftsearch.workers.preparation.prepare import Prepared, foresee_floors
from peftsearch.workers.training.inference import predict_logits
from peftsearch.workers.training.trial_failures import NonFiniteLoss
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.runners import LORA, PROBE, write_texts
from tests.workers.tiny import complete, shape_of, spec_on, state_of


def open_prepared(
    folder: Path, family: str, kind: str = "classification", **head: Any
) -> tuple[TrialRunner, Prepared]:
    """A runner with the head that its own preparation has chosen."""
    data = write_texts(folder / "data.csv", kind == "regression")
    model = save_model(folder / "model", family)
    task = {"train": str(data), "kind": kind}
    training = {"batch_size": 8, "epochs": 1, "precision": "float32"}
    spec = complete(spec_on(model, task=task, head=head, training=training))
    runner = TrialRunner.open(spec, "cpu")
    prepared = runner.prepare()
    runner.adopt(prepared)
    return runner, prepared


def start_loss(runner: TrialRunner) -> float:
    """Of the validation rows before the first step."""
    attachment = attach(runner.backbone, PROBE, 0)
    try:
        rows = runner.encoded("validation")
        logits = predict_logits(runner.backbone.model, rows, "cpu", runner.precision)
        if runner.scale is not None:
            logits = runner.scale.restore(logits)
        work = find_kind(runner.spec.task.kind).load_work()
        return float(work.mean_loss(logits, rows.labels))
    finally:
        attachment.detach()


@pytest.mark.parametrize(
    ("family", "head"),
    [
        ("bert", {"pooling": "mean"}),
        ("distilbert", {"pooling": "first"}),
        ("bert", {"pooling": "model"}),  # its pooler is pre-trained
        ("llama", {}),
    ],
)
def test_training_starts_where_the_probe_ends(
    family: str, head: dict[str, Any], tmp_path: Path
) -> None:
    runner, prepared = open_prepared(tmp_path, family, **head)
    choice = prepared.preparation.head
    assert choice is not None
    assert choice.start == "probe"
    assert choice.pooling == head.get("pooling", "last")
    backbone = runner.backbone
    told = linear_head(choice.pooling, 2, backbone.anatomy)
    assert told in (None, head_tensors(backbone.model, backbone.heads))
    floors = {floor.name: floor.measurements for floor in prepared.preparation.floors}
    assert list(floors) == ["features", "tfidf"]
    assert len(foresee_floors(runner.spec.task)) == len(floors)
    assert floors["features"]["loss"] == pytest.approx(start_loss(runner), rel=1e-3)
    assert floors["tfidf"]["accuracy"] > 0.9
    outcome = runner.evaluate(PROBE, 0)
    assert outcome.provenance["head"] == {
        "pooling": choice.pooling,
        "start": "probe",
        "learning_rate": 3e-3,
    }
    assert outcome.measurements["loss"] < floors["features"]["loss"] + 0.05


def test_the_start_of_a_regression_is_ridge_on_the_features(tmp_path: Path) -> None:
    runner, prepared = open_prepared(tmp_path, "roberta", "regression", pooling="mean")
    floor = prepared.preparation.best("pearson")
    assert floor is not None
    assert floor.measurements["loss"] == pytest.approx(start_loss(runner), rel=1e-2, abs=1e-5)


def test_a_head_with_hidden_layers_is_trained_only_where_it_is_asked_for(tmp_path: Path) -> None:
    runner, prepared = open_prepared(tmp_path, "roberta", pooling="model")
    choice = prepared.preparation.head
    assert choice is not None
    assert (choice.pooling, choice.start) == ("model", "random")
    assert runner.backbone.heads == ("classifier",)
    assert runner.backbone.head_rate == 3e-3
    assert [floor.name for floor in prepared.preparation.floors] == ["features", "tfidf"]


def test_a_start_that_no_probe_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a head of one linear"):
        open_prepared(tmp_path, "roberta", pooling="model", start="probe")


def test_a_random_start_of_a_pooled_head_differs_by_seed(tmp_path: Path) -> None:
    runner, _ = open_prepared(tmp_path, "bert", pooling="mean", start="random")
    assert runner.backbone.head_rate == 3e-2
    weights = []
    for seed in (0, 1):
        attachment = attach(runner.backbone, PROBE, seed)
        weights.append(attachment.tensors()["pooled_classifier.weight"])
        attachment.detach()
    assert not torch.equal(*weights)


@pytest.mark.parametrize("family", ["bert", "modernbert", "mpnet"])
def test_a_trial_leaves_the_pooled_model_as_it_was(family: str, tmp_path: Path) -> None:
    runner, _ = open_prepared(tmp_path, family, pooling="mean")
    before, shape = state_of(runner.backbone), shape_of(runner.backbone)
    runner.evaluate(LORA if family == "bert" else PROBE, 0)
    assert shape_of(runner.backbone) == shape
    after = state_of(runner.backbone)
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_preparing_twice_gives_the_same(tmp_path: Path) -> None:
    runner, prepared = open_prepared(tmp_path, "bert")
    again = TrialRunner.open(runner.spec, "cpu").prepare()
    assert again == prepared
    assert all(0.0 <= (floor.standard_error or 0.0) < 0.5 for floor in again.preparation.floors)


def test_of_a_model_with_infinite_features_only_its_trials_fail(tmp_path: Path) -> None:
    runner, _ = open_prepared(tmp_path, "llama")
    torch.nn.init.constant_(runner.backbone.model.model.norm.weight, float("inf"))
    prepared = runner.prepare()
    assert [floor.name for floor in prepared.preparation.floors] == ["tfidf"]
    assert prepared.tensors == b""
    with pytest.raises(NonFiniteLoss):
        runner.evaluate(LORA, 0)
