"""Regressions train without units, and all that is kept of them has the labels' own."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from peftsearch.workers.training.label_scale import LabelScale
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.tiny import LAYERS, state_of

LABELS = [103.0, 101.0, 96.0, 100.0]


def test_a_scale_takes_units_away_and_gives_them_back() -> None:
    scale = LabelScale.fit(LABELS)
    plain = scale.standardise(LABELS)
    assert float(plain.mean()) == pytest.approx(0.0, abs=1e-6)
    assert float(plain.std(correction=0)) == pytest.approx(1.0)
    assert scale.restore(plain).tolist() == pytest.approx(LABELS)
    assert scale.uncentred.restore(torch.zeros(1)).item() == 0.0
    assert LabelScale.fit([2.0, 2.0]) == LabelScale(2.0, 1.0)


@pytest.mark.parametrize("bias", [True, False])
def test_a_folded_linear_answers_in_the_units(bias: bool) -> None:
    scale, linear, inputs = LabelScale.fit(LABELS), nn.Linear(3, 1, bias=bias), torch.randn(5, 3)
    scale = scale if bias else scale.uncentred
    with torch.no_grad():
        expected = scale.restore(linear(inputs)).float()
        scale.fold(linear)
        assert torch.allclose(linear(inputs), expected)


def open_shifted(
    tmp_path: Path, model: Path, shift: float, times: float = 1.0, **training: Any
) -> TrialRunner:
    """Of labels 1 apart, about 0.5, that are multiplied and then shifted."""
    runner = open_runner(tmp_path, model, "regression", epochs=3, **training)
    for split in (runner.data.train, runner.data.validation):
        labels: Any = split.labels
        labels[:] = [x * times + shift for x in labels]
    return runner


def test_the_units_of_labels_change_nothing_but_the_units(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    near = open_shifted(tmp_path, folders["bert"], 0.0).evaluate(LORA, 3)
    far = open_shifted(tmp_path, folders["bert"], 100.0, 10.0).evaluate(LORA, 3)
    assert far.measurements["pearson"] == pytest.approx(near.measurements["pearson"], abs=1e-4)
    assert far.measurements["loss"] == pytest.approx(100 * near.measurements["loss"], rel=1e-2)
    assert far.predictions == pytest.approx(10 * near.predictions + 100, abs=1e-2)
    assert near.measurements["loss"] < 0.5  # of labels with variance 1
    assert list(far.curve.values()) == pytest.approx(
        [100 * loss for loss in near.curve.values()], rel=1e-2
    )


def test_errors_of_labels_far_from_zero_are_those_of_the_labels(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    runner = open_shifted(tmp_path, folders["bert"], 1e8)
    for split in ("validation", "test"):  # of `test` those as they stand in the file
        found = runner.evaluate(LORA, 3, split=split)
        errors = found.predictions - np.asarray(runner.split(split).labels)
        assert found.measurements["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))
        assert found.measurements["loss"] == pytest.approx(np.mean(errors**2))
    near = open_shifted(tmp_path, folders["bert"], 0.0).prepare().preparation.floors
    far = open_shifted(tmp_path, folders["bert"], 1e8).prepare().preparation.floors
    for one, other in zip(near, far, strict=True):
        assert other.measurements["mae"] == pytest.approx(one.measurements["mae"], rel=1e-2)


def test_scores_of_huge_labels_are_finite(tmp_path: Path, folders: dict[str, Path]) -> None:
    runner = open_shifted(tmp_path, folders["bert"], 0.0, 1e30)
    prepared = runner.prepare()
    scores = [floor.measurements for floor in prepared.preparation.floors]
    runner.adopt(prepared)
    found = runner.evaluate(PROBE, 3)
    assert len(scores) > 1 and all(
        math.isfinite(tensor.sum()) for tensor in found.tensors.values()
    )
    assert all(math.isfinite(x) for one in (*scores, found.measurements) for x in one.values())


def test_labels_as_they_are_where_a_job_says_so(tmp_path: Path, folders: dict[str, Path]) -> None:
    runner = open_shifted(tmp_path, folders["bert"], 100.0, standardise_labels=False)
    assert runner.scale is None
    assert runner.training_rows is runner.encoded("train")
    assert runner.evaluate(PROBE, 3).measurements["loss"] > 100


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", ["bert", "roberta", "llama"])
def test_saved_tensors_predict_in_the_labels_units(
    family: str, precision: str, tmp_path: Path, folders: dict[str, Path]
) -> None:
    """To more than the eight bits of bfloat16, which would round them to a half."""
    runner = open_shifted(tmp_path, folders[family], 100.0, precision=precision)
    before = state_of(runner.backbone)
    outcome = runner.evaluate(PROBE, 3)
    outputs = runner.predict(PROBE, outcome.tensors, runner.encoded("validation"))
    assert outputs[:, 0].numpy() == pytest.approx(outcome.predictions, abs=1e-3)
    assert runner.backbone.anatomy.layers == LAYERS
    assert all(torch.equal(x, before[name]) for name, x in state_of(runner.backbone).items())


def test_classes_have_no_units(tmp_path: Path, folders: dict[str, Path]) -> None:
    runner = open_runner(tmp_path, folders["bert"])
    assert runner.scale is None
    assert runner.training_rows is runner.encoded("train")
