"""The programs of a card, of each kind of task, carried out as they stand in a fresh process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.results.exports.export import export
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.rows import Row, make_choices, make_rows, write_rows
from tests.workers.tiny import spec_on

from .trained import train

pytestmark = pytest.mark.usefixtures("warm_start")

FOLDER, BASE = "path/to/this/folder", "path/to/the/base/model"


def dialogues() -> list[Row]:
    roles = ("user", "assistant")
    return [
        {"messages": [{"role": r, "content": x} for r, x in zip(roles, row.values(), strict=True)]}
        for row in make_rows()
    ]


def pictures() -> list[Row]:
    """Bright and dark squares."""
    shades = [((0.9, 0.1)[i % 2], 0.001 * i) for i in range(128)]
    return [
        {"image": [[level + noise / 20] * 8] * 7 + [[noise] * 8], "label": i % 2}
        for i, (level, noise) in enumerate(shades)
    ]


def answer(tmp_path: Path, family: str, kind: str, rows: list[Row], form: Any, **row: str) -> str:
    """What the card's programs print, one behind the other, for a row.

    Args:
        row: By what stands for it in the program.
    """
    model = save_model(tmp_path / "model", family, kind=kind)
    task = {"train": str(write_rows(tmp_path / "data.jsonl", rows)), "kind": kind}
    task |= {"messages": "messages"} if "messages" in rows[0] else {}
    training = {"batch_size": 8, "epochs": 4, "precision": "float32"}
    spec = complete_spec(spec_on(model, task=task, training=training).to_json(), tmp_path)
    runner = TrialRunner.open(spec, "cpu")
    anatomy = runner.spec.anatomy
    lora = Module("lora", 8, tuple(anatomy.linears))
    rate = 5e-3 if kind == "image_classification" else 1e-2
    configuration = Configuration((Stratum(0, anatomy.layers, (lora,)),), rate)
    trial = train(runner, configuration, tmp_path / "trial")
    out = export(spec, trial, tmp_path / "trial", tmp_path / "out", form).out
    card = (out / "README.md").read_text()
    assert ("with the classes" in card) == (find_kind(kind).classes and form != "merged")
    load, ask = (x.partition("```")[0] for x in card.split("```python\n")[1:3])
    if find_kind(kind).classes:
        load += "assert not [x for x in model.config.id2label.values() if x[:6] == 'LABEL_']\n"
    program = (load + ask).replace(FOLDER, str(out)).replace(BASE, str(model))
    for standing, value in row.items():
        assert f'"the {standing}"' in program.replace("_", " "), program
        program = program.replace(f'"the {standing}"'.replace("_", " "), json.dumps(value))
    program += "\nprint(outputs.argmax().item())" if kind == "image_classification" else ""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(("words", "right"), [("a plot is good", "fine"), ("a is bad", "poor")])
@pytest.mark.parametrize(
    ("family", "kind", "form"), [("llama", "causal_lm", "peft"), ("t5", "seq2seq", "merged")]
)
def test_a_language_model_answers_a_prompt(
    tmp_path: Path, family: str, kind: str, form: str, words: str, right: str
) -> None:
    assert answer(tmp_path, family, kind, make_rows(), form, prompt=words) == right


def test_a_language_model_answers_a_question(tmp_path: Path) -> None:
    found = answer(
        tmp_path, "llama", "causal_lm", dialogues(), "adapter", question="a film is bad"
    )
    assert found == "poor"


def test_the_right_choice_is_named(tmp_path: Path) -> None:
    row = {"text": "a film is good", "first choice": "poor", "second choice": "fine"}
    found = answer(tmp_path, "bert", "multiple_choice", make_choices(), "adapter", **row)
    assert found == "fine"


def test_an_image_is_prepared(tmp_path: Path) -> None:
    image = np.full((8, 8, 3), 220, np.uint8)
    image[7] = 10
    Image.fromarray(image).save(tmp_path / "bright.png")
    row = {"image": "bright.png"}
    assert answer(tmp_path, "vit", "image_classification", pictures(), "peft", **row) == "0"
