"""An adapter that `peft` loads scores what its trial scored, on models of several kinds."""

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from peftsearch.errors import UserError
from peftsearch.jobs.adapter_scoring import Scorer
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.files.companions import CONFIG, write_companions
from peftsearch.workers.files.formats import load_base
from peftsearch.workers.files.peft_folders import read_folder
from peftsearch.workers.files.peft_format import PEFT_TENSORS, write_peft
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.rows import make_rows, write_rows
from tests.workers.runners import write_texts
from tests.workers.tiny import complete, spec_on

LORA = Module("lora", 4, ("query", "value"))
JOBS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "language model": ("llama", {"kind": "causal_lm"}, {}),
    "what is generated": ("llama", {"kind": "causal_lm", "metric": "exact_match"}, {}),
    "numbers": ("bert", {"kind": "regression"}, {"pooling": "mean"}),
    "the class's own head": ("bert", {"kind": "classification"}, {"pooling": "model"}),
    "decoder that classifies": ("qwen2", {"kind": "classification"}, {}),
}


def open_runner(folder: Path, family: str, task: dict[str, Any], head: Any) -> TrialRunner:
    """Of a job of that kind."""
    kind = task["kind"]
    if kind == "causal_lm":
        data = write_rows(folder / "data.jsonl", make_rows())
    else:
        data = write_texts(folder / "data.csv", kind == "regression")
    model = save_model(folder / "model", family, kind=kind)
    training = {"batch_size": 8, "epochs": 1, "precision": "float32"}
    spec = spec_on(model, task={"train": str(data)} | task, head=head, training=training)
    return TrialRunner.open(complete(spec), "cpu")


def export(runner: TrialRunner, folder: Path) -> dict[str, float]:
    """A trial's adapter as an export writes it; what the trial measured."""
    layers = runner.spec.anatomy.layers
    strata = (Stratum(0, 1), Stratum(1, layers, (LORA,)))
    configuration = Configuration(strata, 5e-3)
    outcome = runner.evaluate(configuration, 3)
    names = tuple(runner.data.label_names)
    backbone = load_base(runner.spec, names, runner.backbone.pooling)
    folder.mkdir()
    write_companions(folder, backbone)
    write_peft(folder, backbone, configuration, outcome.tensors)
    return dict(outcome.measurements)


@pytest.mark.parametrize("name", JOBS)
def test_a_score_is_what_the_trial_measured(name: str, tmp_path: Path) -> None:
    runner = open_runner(tmp_path, *JOBS[name])
    folders = [tmp_path / x for x in ("first", "second")]
    measured = [export(runner, folder) for folder in folders]
    scorer = Scorer.open(runner.spec, runner.data, "cpu")
    ticks: list[tuple[int, int]] = []
    for folder, values in zip(folders, measured, strict=True):
        adapter = read_folder(folder)
        scorer.check(adapter)
        found = scorer.score(adapter, lambda done, total: ticks.append((done, total)))
        scores = dict(found.measurements)
        assert scores.pop("validation_rows") == len(runner.data.validation.texts)
        assert runner.spec.task.quality in scores
        assert scores == {name: pytest.approx(values[name], rel=1e-4) for name in scores}
        assert found.told["scored"]
    assert ticks and ticks[-1][0] == ticks[-1][1]


def test_why_a_folder_cannot_be_scored(tmp_path: Path) -> None:
    runner = open_runner(tmp_path, "bert", {"kind": "classification"}, {"pooling": "first"})
    export(runner, folder := tmp_path / "adapter")
    # As if the job file left the pooling open.
    head = runner.spec.head.model_copy(update={"pooling": "auto"})
    scorer = Scorer.open(runner.spec.model_copy(update={"head": head}), runner.data, "cpu")
    scorer.check(read_folder(folder))

    def refused(told: str) -> None:
        with pytest.raises(UserError, match=told) as error:
            scorer.check(read_folder(folder))
        assert "\n" not in str(error.value)

    config = folder / CONFIG / "config.json"
    whole = json.loads(config.read_text())
    turned = {"0": whole["id2label"]["1"], "1": whole["id2label"]["0"]}
    config.write_text(json.dumps(whole | {"id2label": turned}))
    refused("outputs for the classes bad, good; got good, bad")
    config.unlink()
    refused("the pooling that pooled_classifier reads")
    config.write_text(json.dumps(whole))
    tensors = load_file(folder / PEFT_TENSORS)
    name = "base_model.model.pooled_classifier.weight"
    wide = tensors | {name: tensors[name].repeat(2, 1)}
    save_file(wide, folder / PEFT_TENSORS)
    refused(r"pooled_classifier.weight of \[2, 32\]; got \[4, 32\]")
    save_file({k: x for k, x in tensors.items() if "pooled" not in k}, folder / PEFT_TENSORS)
    refused("a head with classifier.weight of .*; got none")


def test_an_adapter_that_answers_no_numbers_is_refused(tmp_path: Path) -> None:
    runner = open_runner(tmp_path, "bert", {"kind": "classification"}, {"pooling": "first"})
    export(runner, folder := tmp_path / "adapter")
    tensors = load_file(folder / PEFT_TENSORS)
    save_file({k: x * float("nan") for k, x in tensors.items()}, folder / PEFT_TENSORS)
    scorer = Scorer.open(runner.spec, runner.data, "cpu")
    with pytest.raises(UserError, match="non_finite_loss"):
        scorer.score(read_folder(folder), lambda done, total: None)


def test_a_job_with_folds_scores_no_adapters(tmp_path: Path) -> None:
    task = {"kind": "classification", "folds": 2}
    runner = open_runner(tmp_path, "bert", task, {"pooling": "first"})
    with pytest.raises(UserError, match="without folds"):
        Scorer.open(runner.spec, runner.data, "cpu")
