"""Adapters whose prompts an encoder makes, exported and loaded elsewhere."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification

import peftsearch
from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import read_spec
from peftsearch.records.trial import ENCODER, Trial
from peftsearch.results.exports.card_use import ENCODER_FOLDER
from peftsearch.results.exports.export import export
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.files.adapter_files import load_adapter_files
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.encoders import LOPA, open_reading, save_encoder
from tests.workers.rows import make_choices, write_rows
from tests.workers.runners import LORA

from .trained import put_beside, train

pytestmark = pytest.mark.usefixtures("warm_start")
FOLDER, BASE = "path/to/this/folder", "path/to/the/base/model"


def ship(
    tmp_path: Path, configuration: Configuration, **sections: Any
) -> tuple[TrialRunner, Trial]:
    """Trained and exported to `out`."""
    runner = open_reading(tmp_path, **sections)
    trial = train(runner, configuration, tmp_path / "trial")
    export(runner.spec, trial, tmp_path / "trial", tmp_path / "out")
    return runner, trial


def run_card(tmp_path: Path, **row: str) -> str:
    """What the card's programs print in a process of their own, which knows no other folder."""
    card = (tmp_path / "out" / "README.md").read_text()
    load, ask = (x.partition("```")[0] for x in card.split("```python\n")[1:3])
    places = {FOLDER: "out", BASE: "model", f'"{ENCODER_FOLDER}"': '"moved"'}
    program = load + ask
    for standing, folder in places.items():
        assert standing in program
        program = program.replace(standing, folder)
    for standing, value in row.items():
        program = program.replace(f'"the {standing}"'.replace("_", " "), json.dumps(value))
    program += "\nprint(outputs.tolist())"
    shutil.move(tmp_path / "encoder", tmp_path / "moved")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_the_card_s_program_answers_bit_equal_in_another_process(tmp_path: Path) -> None:
    runner, trial = ship(tmp_path, LOPA)
    text = runner.data.validation.texts[0][0]
    first = runner.encoded("validation").head(1)
    named = "model", "encoder", "data.csv"
    again = read_spec(put_beside(tmp_path / "out", tmp_path, *named))
    assert again.model.encoder == runner.spec.model.encoder
    assert LOPA in again.try_configurations
    kept = load_adapter_files(tmp_path / "trial")
    expected = runner.predict(LOPA, kept.tensors, first)
    found = torch.tensor(json.loads(run_card(tmp_path, text=text)))
    assert torch.equal(found, expected)
    card = " ".join((tmp_path / "out" / "README.md").read_text().split())
    assert trial.provenance[ENCODER]["sha256"][:12] in card and "KB more beside" in card
    assert str(tmp_path) not in card


def test_so_does_that_of_a_choice(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", make_choices())
    task = {"train": str(rows), "kind": "multiple_choice"}
    runner, _ = ship(tmp_path, LOPA, task=task)
    row = {"text": "a film is good", "first choice": "poor", "second choice": "fine"}
    kept = load_adapter_files(tmp_path / "trial")
    found = torch.tensor(json.loads(run_card(tmp_path, **row)))
    asked = runner.encode(Split([tuple(row.values())], [0]))
    expected = runner.predict(LOPA, kept.tensors, asked)
    assert torch.equal(found, expected)


def test_another_encoder_is_refused(tmp_path: Path) -> None:
    ship(tmp_path, LOPA)
    base = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    other = save_encoder(tmp_path / "other", n_layers=1)
    with pytest.raises(UserError, match="weights .*; load the encoder that the adapter was tr"):
        peftsearch.load_adapter(base, tmp_path / "out", encoder=other)
    shutil.rmtree(tmp_path / "encoder")
    with pytest.raises(UserError, match="where no folder is; correct model.encoder"):
        peftsearch.load_adapter(base, tmp_path / "out")


def test_an_adapter_without_one_is_as_it_was(tmp_path: Path) -> None:
    ship(tmp_path, LORA)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "reader" not in card and "encoder" not in card
    base = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    with pytest.raises(UserError, match="no encoder, as this adapter reads by none"):
        files = tmp_path / "trial"
        peftsearch.load_adapter(base, files, encoder=tmp_path / "encoder")


def test_no_other_form_holds_it(tmp_path: Path) -> None:
    runner, trial = ship(tmp_path, LOPA)
    for form in ("merged", "peft"):
        with pytest.raises(UserError, match="lopa"):
            export(runner.spec, trial, tmp_path / "trial", tmp_path / form, form)
