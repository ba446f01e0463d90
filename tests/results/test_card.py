"""What a card says is carried out, in a process that knows nothing of the export."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import ModelCard

from peftsearch.insight.objective_rows import measured_objectives
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.records.estimates import estimate, share_error
from peftsearch.records.expectation import Expectation
from peftsearch.results.exports.card_worth import _of_class, list_measurements, tell_quality
from peftsearch.results.exports.export import export
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.files.formats import load_base
from peftsearch.workers.files.loading import load_adapter
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.specs import make_spec
from tests.workers.tiny import LAYERS, save_model, spec_on

from .made import make_trial
from .trained import train

pytestmark = pytest.mark.usefixtures("warm_start")

LORA = (Module("lora", 2, ("query",)),)
CONFIGURATION = Configuration((Stratum(0, LAYERS, LORA),), 5e-3)
LABELS = ("bad", "fair", "good")
SCORE = """
import json, sys, torch
batch = {key: torch.tensor(x) for key, x in json.loads(sys.argv[1]).items()}
print(json.dumps(model.eval()(**batch).logits.tolist()))
"""


def test_what_a_function_trained_measured_no_cost_of_the_job_s_own_schedule() -> None:
    names = ("accuracy", "trainable_parameters", "training_flops", "training_memory")
    trial = replace(make_trial(0, 2, 0.7), measurements=dict.fromkeys(names, 1.0))
    assert all(f"| {name} |" in list_measurements(trial, by_function=False) for name in names)
    own = list_measurements(trial, by_function=True)
    assert [name for name in names if f"| {name} |" in own] == ["accuracy", "trainable_parameters"]


@pytest.mark.parametrize(("loss", "names"), [(0.4200001, 1), (0.43, 2)])
def test_the_loss_of_classes_is_told_once(loss: float, names: int) -> None:
    measured = {"accuracy": 0.9, "log_loss": 0.42, "loss": loss}
    trial = replace(make_trial(0, 2, 0.7), measurements=measured)
    assert list_measurements(trial, by_function=False).count("loss |") == names
    assert sum("loss" in x["name"] for x in measured_objectives(measured)) == names


def test_the_card_says_which_of_several_folds_the_adapter_is_of(tmp_path: Path) -> None:
    rows = [f"the {LABELS[i % 2]} film {'very ' * (i // 2)},{LABELS[i % 2]}" for i in range(60)]
    (tmp_path / "data.csv").write_text("\n".join(["text,label", *rows]))
    training = {"batch_size": 8, "epochs": 1}
    task = {"train": "data.csv", "folds": 3}
    model = save_model(tmp_path / "model", "bert")
    spec = complete_spec(spec_on(model, task=task, training=training).to_json(), tmp_path)
    trial = train(TrialRunner.open(spec, "cpu"), CONFIGURATION, tmp_path / "trial")
    expected = Expectation(0.4, 0.02, 0.35, 0.45, 8.0)
    folder = tmp_path / "trial"
    out = export(spec, trial, folder, tmp_path / "out", "adapter", expected=expected).out
    card = " ".join((out / "README.md").read_text().split())
    assert "Expected at a repeat is accuracy 0.4000 (0.3500 to 0.4500)" in card
    first, *others = trial.provenance["folds"]
    assert len(others) == 2
    told = f"without its {first['validation_rows']} rows and has accuracy {first['accuracy']:.4f}"
    assert "means over 3 folds" in card and told in card
    held = "validation rows (each held out once, in 3 folds of `data.csv`)"
    assert str(tmp_path) not in card
    assert f"one standard error, of {trial.validation_rows} {held}" in card
    assert (
        f" ± {share_error(trial.measurements['accuracy'], trial.validation_rows or 0):.4f}" in card
    )


def test_the_best_of_several_trainings_is_called_luck() -> None:
    lucky, again = make_trial(2, 8, 0.95), make_trial(6, 8, 0.91)
    trained = estimate([lucky, again])
    told = " ".join(tell_quality(lucky, make_spec(), [], "held", None, trained).split())
    assert "accuracy 0.9500" in told
    assert "the best of 2 trainings of this configuration (trials 2, 6)" in told
    assert "their mean is 0.9300" in told
    other = " ".join(tell_quality(again, make_spec(), [], "held", None, trained).split())
    assert "accuracy 0.9100" in other
    assert "That is one of 2 trainings of this configuration (trials 2, 6): their mean" in other
    equal = estimate([lucky, make_trial(6, 8, 0.95)])
    told = " ".join(tell_quality(lucky, make_spec(), [], "held", None, equal).split())
    assert "That is one of 2 trainings" in told and "luck" not in told
    alone = tell_quality(lucky, make_spec(), [], "held", None, estimate([lucky]))
    assert "trainings" not in alone


def test_the_card_tells_how_inputs_are_made_and_which_rows_were_cut(tmp_path: Path) -> None:
    rows = [f"{'very ' * 9}{LABELS[i % 2]},the film {i},{LABELS[i % 2]}" for i in range(60)]
    (tmp_path / "data.csv").write_text("\n".join(["end,start,label", *rows]))
    task = {"train": "data.csv", "text": ["start", "end"], "max_length": 8}
    training = {"batch_size": 8, "epochs": 1}
    model = save_model(tmp_path / "model", "bert")
    spec = complete_spec(spec_on(model, task=task, training=training).to_json(), tmp_path)
    runner = TrialRunner.open(spec, "cpu")
    trial = train(runner, CONFIGURATION, tmp_path / "trial")
    out = export(spec, trial, tmp_path / "trial", tmp_path / "out", "adapter").out
    card = (out / "README.md").read_text()
    count = trial.provenance["train_rows"]
    cut = f"{count} of {count} training rows (100.0%) are longer than max_length = 8 tokens"
    told = " ".join(card.split())
    assert cut in told
    assert "15% of" in told and "held out by a draw that is always the same" in told
    program = card.split("```python\n")[2].partition("```")[0]
    first = runner.data.train.texts[0]
    for column, words in zip(("start", "end"), first, strict=True):
        program = program.replace(f'"the {column}"', json.dumps(words))
    known: dict[str, Any] = {"model": load_adapter(load_base(spec, LABELS[:2]).model, out)}
    exec(program.replace("path/to/this/folder", str(out)), known)
    made = {name: x[0].tolist() for name, x in known["inputs"].items()}
    encoded: Any = runner.encoded("train")
    assert made == encoded.rows[0]
    assert known["outputs"].shape == (1, 2)


@pytest.mark.parametrize(
    ("task", "labels", "words"),
    [
        ({"metric": "f1"}, ["fraud", "legit"], " of the class 'legit'"),
        ({"metric": "f1", "positive": "fraud"}, ["fraud", "legit"], " of the class 'fraud'"),
        ({"metric": "roc_auc", "positive": "b"}, ["a", "b", "c"], " of the class 'b'"),
        ({"metric": "f1", "positive": " 1.0 "}, ["0", "true"], " of the class 'true'"),
        ({"metric": "f1"}, ["a", "b", "c"], ""),
        ({"metric": "accuracy", "positive": "fraud"}, ["fraud", "legit"], ""),
    ],
)
def test_the_card_names_the_class_that_the_quality_is_of(
    task: dict[str, str], labels: list[str], words: str
) -> None:
    assert _of_class(make_spec(task={"train": "d.csv", **task}), labels) == words


@pytest.mark.parametrize("form", ["peft", "adapter", "merged"])
def test_the_program_loads_an_export_whose_base_has_a_head_of_another_size(
    form: str, tmp_path: Path
) -> None:
    rows = [f"the {LABELS[i % 3]} film {'very ' * (i // 3)},{LABELS[i % 3]}" for i in range(60)]
    (tmp_path / "data.csv").write_text("\n".join(["text,label", *rows]))
    model = save_model(tmp_path / "model", "bert")  # with a head for two classes
    training = {"batch_size": 8, "epochs": 1}
    data = spec_on(model, task={"train": "data.csv"}, training=training).to_json()
    spec = complete_spec(data, tmp_path)
    runner = TrialRunner.open(spec, "cpu")
    saved = tmp_path / "trial"
    trial = train(runner, CONFIGURATION, saved)
    out = export(spec, trial, saved, tmp_path / "out", form).out
    batch = runner.backbone.tokenizer(["the good film", "a bad plot"], padding=True)
    card = (out / "README.md").read_text()
    told: Any = ModelCard(card).data
    libraries = {"peft": "peft", "adapter": "peftsearch", "merged": "transformers"}
    assert told.library_name == libraries[form] and told.tags == ["peftsearch", "lora"]
    assert told.eval_results[0].metric_value == trial.measurements["accuracy"]
    assert str(tmp_path) not in card and "0 `bad`, 1 `fair`, 2 `good`" in card
    program = card.partition("```python\n")[2].partition("```")[0] + SCORE
    program = program.replace("path/to/the/base/model", str(model))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program.replace("path/to/this/folder", str(out)),
            json.dumps({**batch}),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tensors = {key: torch.tensor(x) for key, x in batch.items()}
    expected = load_adapter(load_base(spec, LABELS).model, saved)(**tensors).logits
    found = torch.tensor(json.loads(done.stdout))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
