"""The front matter of a card, as `huggingface_hub` reads it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from peftsearch.records.estimates import estimate
from peftsearch.results.exports.card_metadata import front_matter
from peftsearch.samples import minilm
from tests.specs import make_spec

from .made import make_trial

TRIAL = make_trial(3, 8, 0.79)
ALONE = estimate([TRIAL])


def read(text: str) -> Any:
    return ModelCard(f"{text}\n# Title\n", ignore_metadata_errors=False).data


def test_a_hub_finds_what_it_asks_for() -> None:
    model = {**make_spec().to_json()["model"], "path": "org/bert"}
    spec = make_spec(model=model, task={"train": "org/reviews", "metric": "accuracy"})
    found = read(front_matter(spec, TRIAL, "peft", 0.02, ALONE))
    assert found.base_model == "org/bert" and found.datasets == "org/reviews"
    assert found.library_name == "peft" and found.pipeline_tag == "text-classification"
    assert found.tags == ["peftsearch", "lora"] and found.metrics == ["accuracy"]
    (result,) = found.eval_results
    assert found.model_name == "job-trial-3"
    assert (result.metric_type, result.metric_value) == ("accuracy", 0.79)
    assert (result.dataset_type, result.dataset_split) == ("org/reviews", "validation")
    assert result.metric_args == {
        "standard_error": 0.02,
        "interval_95": [0.750801, 0.829199],
        "rows": 400,
    }


def test_of_several_trainings_the_mean_is_told() -> None:
    trained = estimate([TRIAL, make_trial(7, 8, 0.75)])
    mean, own = read(front_matter(make_spec(), TRIAL, "peft", 0.02, trained)).eval_results
    assert mean.metric_value == pytest.approx(0.77)
    assert mean.metric_name == "accuracy (mean of 2 trainings, which the search optimised)"
    assert mean.metric_args["interval_95"] == pytest.approx([0.730801, 0.809199])
    assert mean.metric_args["trainings"] == 2 and "trainings" not in own.metric_args
    assert own.metric_value == 0.79
    assert own.metric_name == "accuracy (this adapter, which the search optimised)"


@pytest.mark.parametrize(
    ("metric", "value", "ends"),
    [("accuracy", 0.98, [0.940801, 1.0]), ("log_loss", 0.03, [0.0, 0.069199])],
)
def test_an_interval_ends_at_the_best_value_that_there_is(
    metric: str, value: float, ends: list[float]
) -> None:
    trial = make_trial(3, 8, 0.79)
    trial = replace(trial, measurements={**trial.measurements, metric: value})
    spec = make_spec(task={"train": "train.csv", "metric": metric})
    (result,) = read(front_matter(spec, trial, "peft", 0.02, estimate([trial]))).eval_results
    assert result.metric_args["interval_95"] == pytest.approx(ends)


def test_a_sample_has_the_name_that_hubs_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    model = {**make_spec().to_json()["model"], "path": str(tmp_path / minilm.PACKAGE.folder)}
    found = read(front_matter(make_spec(model=model), TRIAL, "peft", 0.02, ALONE))
    assert found.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    other = make_spec(model={**model, "path": str(tmp_path / "another")})
    assert read(front_matter(other, TRIAL, "peft", 0.02, ALONE)).base_model is None


def test_a_local_model_is_no_model_of_the_hub() -> None:
    model = {**make_spec().to_json()["model"], "path": "/home/ann/bert"}
    spec = make_spec(model=model, task={"train": "/home/ann/train.csv"})
    text = front_matter(spec, TRIAL, "merged", None, ALONE)
    found = read(text)
    assert found.base_model is None and found.datasets is None and "ann" not in text
    assert found.library_name == "transformers"
    (result,) = found.eval_results
    assert (result.dataset_name, result.dataset_type) == ("train.csv", "local")
    assert result.metric_args == {"rows": 400}


@pytest.mark.parametrize(
    ("kind", "metric", "pipeline"),
    [
        ("regression", "rmse", "text-classification"),
        ("causal_lm", "perplexity", "text-generation"),
        ("seq2seq", "loss", "text-generation"),
        ("multiple_choice", "accuracy", "multiple-choice"),
        ("image_classification", "accuracy", "image-classification"),
    ],
)
def test_each_kind_has_its_word(kind: str, metric: str, pipeline: str) -> None:
    spec = make_spec(task={"train": "train.csv", "kind": kind, "metric": metric})
    trial = replace(TRIAL, measurements={metric: 1.5})
    found = read(front_matter(spec, trial, "adapter", None, estimate([trial])))
    assert found.pipeline_tag == pipeline and found.library_name == "peftsearch"
    assert found.eval_results[0].metric_value == 1.5
