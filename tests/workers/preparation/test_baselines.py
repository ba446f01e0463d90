"""Baselines without an adapter: what they are made of, and that they can be made again."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from peftsearch.records.preparation import Floor, Preparation
from peftsearch.workers.preparation.features import extract
from peftsearch.workers.preparation.prepare import Prepared, foresee_floors, make_again
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.kind_runners import open_kind


@pytest.mark.parametrize(
    ("family", "kind", "given", "names"),
    [
        ("bert", "classification", {"head": {"pooling": "mean"}}, ["features", "tfidf"]),
        ("roberta", "classification", {"head": {"pooling": "model"}}, ["features", "tfidf"]),
        ("roberta", "regression", {}, ["features", "tfidf"]),
        ("llama", "classification", {}, ["features", "tfidf"]),
        ("t5", "classification", {}, ["features", "tfidf"]),
        ("bert", "multiple_choice", {}, ["features", "tfidf"]),
        ("llama", "causal_lm", {"metric": "exact_match"}, ["base", "few_shot"]),
        ("llama", "causal_lm", {}, ["base"]),
        ("t5", "seq2seq", {"metric": "exact_match"}, ["base", "few_shot"]),
    ],
)
def test_a_floor_that_is_made_again_scores_the_same(
    family: str, kind: str, given: dict[str, Any], names: list[str], tmp_path: Path
) -> None:
    """By what is stored of it, as another process finds it."""
    runner, told = open_kind(tmp_path, family, kind, **given), list[int]()
    foreseen = runner.count_preparing()
    made = runner.prepare(lambda: told.append(1))
    assert 0 <= foreseen - len(told) <= 1  # the model's own pooling may be that of a first token
    stored = Preparation.from_json(made.preparation.to_json())
    assert stored == made.preparation
    assert [floor.name for floor in stored.floors] == names
    assert len(foresee_floors(runner.spec.task)) == len(names)
    again = TrialRunner.open(runner.spec, "cpu")
    for floor in stored.floors:
        baseline = make_again(again, Prepared(stored, made.tensors), floor)
        assert baseline is not None
        found = baseline.score("validation", lambda: None)
        assert found is not None
        assert baseline.label == floor.label
        assert dict(found.measurements) == pytest.approx(dict(floor.measurements), abs=1e-5)
        assert len(found.predictions) == len(runner.encoded("validation"))


def test_what_an_earlier_version_stored_may_not_say_enough(tmp_path: Path) -> None:
    """Its head tells the pooling, unless that is the model's own with hidden layers."""
    runner = open_kind(tmp_path, "roberta", "classification", {"pooling": "model"})
    floor = Floor("features", "logistic regression", {"accuracy": 0.9})
    assert make_again(runner, Prepared(Preparation((floor,))), floor) is None
    pooled = open_kind(tmp_path / "pooled", "bert", "classification", {"pooling": "mean"})
    made = pooled.prepare()
    found = make_again(pooled, made, floor)
    assert found is not None and found.details == {"pooling": "mean"}


@pytest.mark.parametrize("family", ["t5", "mt5"])
def test_the_floor_of_an_encoder_decoder_reads_its_encoder_alone(
    family: str, tmp_path: Path
) -> None:
    runner = open_kind(tmp_path, family, "classification")
    data, model = runner.encoded("train"), cast(Any, runner.backbone.model)
    rows = sorted(range(16), key=lambda i: -i)
    calls: list[object] = []
    handle = model.get_decoder().register_forward_hook(lambda *given: calls.append(given))
    found = extract(runner.backbone, data, rows, "float32")
    handle.remove()
    assert list(found) == ["encoder"] and not calls
    for row, pooled in zip(rows, found["encoder"], strict=True):
        ids = data.batch([row])["input_ids"]
        with torch.no_grad():
            (states,) = model.transformer.encoder(input_ids=ids).last_hidden_state
        np.testing.assert_allclose(pooled, states.mean(dim=0), rtol=1e-4, atol=1e-5)
    prepared = runner.prepare()
    choice = prepared.preparation.head
    assert choice is not None and (choice.pooling, choice.start) == ("model", "random")
    features, _ = prepared.preparation.floors
    assert "mean of the encoder's last layer" in features.label
    assert features.measurements["accuracy"] > 0.9
    runner.adopt(prepared)
    assert runner.backbone.heads == ("classification_head",)
    assert runner.backbone.start is None
