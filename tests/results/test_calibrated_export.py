"""What an export tells of its probabilities, on a real training."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import precision_score, recall_score

from peftsearch.errors import UserError
from peftsearch.records.trial import Trial
from peftsearch.results.calibrations.calibrated_adapter import (
    Calibrated,
    tell_calibration,
    tell_change,
)
from peftsearch.results.calibrations.calibration import (
    Calibration,
    CalibrationError,
    Change,
    calibration_error,
    fit_temperature,
)
from peftsearch.results.calibrations.thresholds import tell_value
from peftsearch.results.calibrations.wishes import NO_WISH, Wish, check_wish
from peftsearch.results.confirmations.tested_calibration import Kept, calibrate_on_test
from peftsearch.results.confirmations.tested_reports import read_tested
from peftsearch.results.exports.export import export
from peftsearch.results.exports.export_report import ExportReport
from peftsearch.workers.files.adapter_files import load_adapter_files
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.specs import make_spec
from tests.workers.runners import LORA
from tests.workers.tiny import complete, save_model, spec_on

from .trained import train

pytestmark = [
    pytest.mark.usefixtures("warm_start"),
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrialRunner, Trial, Path]:
    """A trial on 500 rows, one in eight with a wrong label: 75 validation and test rows."""
    folder = tmp_path_factory.mktemp("calibrated")
    draw, fillers = np.random.default_rng(0), ("film", "plot", "the", "a", "is", "was", "very")
    with (folder / "data.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for i in range(500):
            words = [fillers[x] for x in draw.integers(7, size=6)]
            shown = i % 2 if draw.random() > 0.125 else 1 - i % 2
            writer.writerow([" ".join([*words, ("bad", "good")[shown]]), ("no", "yes")[i % 2]])
    model = save_model(folder / "model", "bert")
    training = {"batch_size": 16, "epochs": 3, "precision": "float32"}
    spec = spec_on(model, task={"train": str(folder / "data.csv")}, training=training)
    runner = TrialRunner.open(complete(spec), "cpu")
    return runner, train(runner, LORA, folder / "adapter"), folder


def outputs_by_hand(made: tuple[TrialRunner, Trial, Path], split: str) -> torch.Tensor:
    runner, _, folder = made
    files = load_adapter_files(folder / "adapter", runner.backbone.sha256)
    return runner.predict(LORA, files.tensors, runner.encoded(split)).double()


@pytest.mark.parametrize("form", ["peft", "merged"])
def test_the_card_and_the_configuration_tell_the_same(
    made: tuple[TrialRunner, Trial, Path], tmp_path: Path, form: str
) -> None:
    runner, trial, folder = made
    wish = Wish(0.6)
    report = export(runner.spec, trial, folder / "adapter", tmp_path / "out", form, wish=wish)
    told = report.calibration
    assert told is not None
    outputs = outputs_by_hand(made, "validation").numpy()
    labels = np.array(runner.data.validation.labels)
    assert told["rows"] == len(labels)
    assert told["temperature"] == pytest.approx(fit_temperature(outputs, labels), rel=1e-3)
    assert told["before"]["value"] == pytest.approx(
        calibration_error(outputs, labels).value, abs=1e-4
    )
    (chosen,) = told["thresholds"]
    taken = torch.softmax(torch.tensor(outputs), 1)[:, 1].numpy() >= chosen["value"]
    assert chosen["label"] == "yes"
    assert chosen["found"]["precision"] == pytest.approx(precision_score(labels, taken))
    assert chosen["found"]["recall"] == pytest.approx(recall_score(labels, taken))

    config = tmp_path / "out" / ("config.json" if form == "merged" else "config/config.json")
    assert json.loads(config.read_text())["peftsearch_calibration"] == told
    card = (tmp_path / "out" / "README.md").read_text()
    flat = " ".join(card.split())
    off = f"Probabilities are off by {told['before']['value']:.3f} on average"
    assert off in flat and "on 75 validation rows. With outputs divided by a temperature" in flat
    assert f"Fitted to all of them it is {told['temperature']:.3f}" in flat
    assert f"answer it from probability {tell_value(chosen['value'])} on" in flat
    assert "type: ece" in card
    assert "probabilities =" not in card
    assert ExportReport.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_the_program_divides_where_it_is_asked_to(
    made: tuple[TrialRunner, Trial, Path], tmp_path: Path
) -> None:
    runner, trial, folder = made
    wish = Wish(temperature=True)
    report = export(runner.spec, trial, folder / "adapter", tmp_path / "out", wish=wish)
    told = report.calibration
    assert told is not None and told["thresholds"] == []
    card = (tmp_path / "out" / "README.md").read_text()
    assert f"probabilities = (outputs / {told['temperature']:.4f}).softmax(-1)" in card


def test_the_test_split_tells_what_the_validation_rows_chose(
    made: tuple[TrialRunner, Trial, Path],
) -> None:
    runner, trial, folder = made
    kept = Kept(trial, folder, 0.6)
    object.__setattr__(kept.trial, "adapter", "adapter")
    lines, told = calibrate_on_test(runner, kept, 0.95)
    found = told["calibration"]
    labels = np.array(runner.split("test").labels)
    outputs = outputs_by_hand(made, "test").numpy()
    assert found["rows"] == len(labels)
    assert found["before"]["value"] == pytest.approx(
        calibration_error(outputs, labels).value, abs=1e-4
    )
    divided = outputs / found["temperature"]
    after = calibration_error(divided, labels).value
    assert found["change"]["value"] == pytest.approx(after - found["before"]["value"], abs=1e-3)
    assert lines[0].endswith(tell_change(Change(**found["change"])))
    (both,) = found["thresholds"]
    taken = torch.softmax(torch.tensor(outputs), 1)[:, 1].numpy() >= both["chosen"]["value"]
    assert both["test"]["precision"] == pytest.approx(precision_score(labels, taken))
    assert both["test"]["level"] == 0.95
    assert len(lines) == 2 and "on the test rows" in lines[0]


def test_an_adapter_that_is_gone_ends_no_confirmation(
    made: tuple[TrialRunner, Trial, Path], tmp_path: Path
) -> None:
    runner, trial, _ = made
    lines, told = calibrate_on_test(runner, Kept(trial, tmp_path), 0.95)
    assert told == {}
    assert len(lines) == 1 and lines[0].startswith("calibration not measured")


def test_a_task_without_classes_has_no_probabilities() -> None:
    spec = make_spec(task={"train": "t.csv", "kind": "regression"})
    check_wish(NO_WISH, spec)
    for wish in (Wish(0.9), Wish(temperature=True)):
        with pytest.raises(UserError, match="a task of classes for --"):
            check_wish(wish, spec)


def test_rows_that_were_changed_since_tell_nothing(
    made: tuple[TrialRunner, Trial, Path], tmp_path: Path
) -> None:
    runner, trial, folder = made
    rows = (folder / "data.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    changed = tmp_path / "data.csv"
    changed.write_text("".join([rows[0], *rows[2:]]), encoding="utf-8")
    task = runner.spec.task.model_copy(update={"train": str(changed)})
    spec = runner.spec.model_copy(update={"task": task})
    report = export(spec, trial, folder / "adapter", tmp_path / "out", "peft")
    assert report.calibration is None and "ECE" not in (report.out / "README.md").read_text()
    with pytest.raises(UserError, match=r"the rows that trial \d+ had"):
        export(spec, trial, folder / "adapter", tmp_path / "wished", "peft", wish=Wish(0.6))
    assert not (tmp_path / "wished").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change(-0.02, 0.004), "the temperature lowers the error by 0.020 ± 0.004"),
        (
            Change(-0.02, 0.02),
            "the temperature lowers the error by 0.020 ± 0.020, which may be chance",
        ),
        (Change(0.02, 0.004), "the temperature raises the error by 0.020 ± 0.004: do not use it"),
        (
            Change(0.02, 0.02),
            "the temperature raises the error by 0.020 ± 0.020, which may be chance: do not use "
            "it",
        ),
        (Change(0.0, 0.0), "the temperature leaves the error as it is"),
        (Change(0.0004, 0.0001), "the temperature leaves the error as it is"),
    ],
)
def test_a_temperature_that_makes_it_worse_is_not_to_be_used(change: Change, told: str) -> None:
    assert tell_change(change) == told


def test_a_card_has_what_a_confirmation_told_of_its_adapter(
    made: tuple[TrialRunner, Trial, Path], tmp_path: Path
) -> None:
    runner, trial, folder = made
    kept = Kept(replace(trial, adapter="adapter"), folder)
    lines, told = calibrate_on_test(runner, kept, 0.95)
    tested = read_tested([{"calibration": None}, {}, told])
    assert tested == {trial.number: tuple(lines)}
    place = folder / "adapter", tmp_path / "out", "peft"
    report = export(runner.spec, trial, *place, tested=tested[trial.number])
    card = " ".join((report.out / "README.md").read_text().split())
    assert f"`peftsearch confirm`: {' '.join(lines[0].split())}." in card


@pytest.mark.parametrize(("error", "words"), [(0.07, "the model was too sure"), (0.05, "no more")])
def test_a_model_without_error_beyond_chance_is_not_called_too_sure(
    error: float, words: str
) -> None:
    before, after = CalibrationError(error, 0.06), CalibrationError(0.05, 0.06)
    change = Change(0.05 - error, 0.004)
    told = Calibrated(Calibration(200, 1.02, before, after, 8, change)).to_json()
    (line,) = tell_calibration(told)
    assert line.endswith(f"{tell_change(change)}.")
    assert words in line
    assert ("too sure" in line) is (error > before.chance)


def test_where_test_rows_tell_of_a_temperature_validation_rows_give_no_advice() -> None:
    """One of a card said that it lowers the error, and the other not to use it."""
    error, change = CalibrationError(0.07, 0.06), Change(-0.02, 0.004)
    told = Calibrated(Calibration(200, 1.2, error, error, 8, change)).to_json()
    (alone,), (beside,) = tell_calibration(told), tell_calibration(told, tested=True)
    assert tell_change(change) in alone and tell_change(change) not in beside
    assert alone.startswith(beside.rstrip("."))
