"""Exports whose head no class of `transformers` has: `head.py` loads them without peftsearch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.results.exports.export import export
from peftsearch.workers.files.loading import load_adapter
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.runners import LORA, write_texts
from tests.workers.tiny import spec_on

from .trained import train

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning"),
    pytest.mark.usefixtures("warm_start"),
]

_PROGRAM = """
import json, sys, torch
ids = torch.tensor([[5, 6, 7, 2], [5, 6, 2, 0]])
with torch.no_grad():
    logits = model(input_ids=ids, attention_mask=(ids > 0).long()).logits
assert "peftsearch" not in sys.modules
print(json.dumps(logits.tolist()))
"""


def test_every_form_of_a_mean_pooled_head_predicts_the_same(tmp_path: Path) -> None:
    write_texts(tmp_path / "data.csv")
    model = save_model(tmp_path / "model", "bert")
    sections = {"head": {"pooling": "mean"}, "training": {"batch_size": 8, "epochs": 1}}
    spec = complete_spec(
        spec_on(model, task={"train": "data.csv"}, **sections).to_json(), tmp_path
    )
    trial = train(TrialRunner.open(spec, "cpu"), LORA, tmp_path / "trial")
    ids = torch.tensor([[5, 6, 7, 2], [5, 6, 2, 0]])
    base = AutoModelForSequenceClassification.from_pretrained(model)
    with torch.no_grad():
        loaded = load_adapter(base, tmp_path / "trial")
        wanted = loaded(input_ids=ids, attention_mask=(ids > 0).long()).logits
    assert wanted.std() > 0.1
    assert (
        export(spec, trial, tmp_path / "trial", tmp_path / "adapter", "adapter").difference < 1e-4
    )
    program = ""
    for form in ("peft", "merged"):
        report = export(spec, trial, tmp_path / "trial", tmp_path / form, form)
        card = (report.out / "README.md").read_text()
        load = report.loading.to_python(report.form, str(report.out))
        shown = load.replace(str(report.out), "path/to/this/folder")
        assert shown.replace(str(model), "path/to/the/base/model") in card
        program += load + _PROGRAM + 'del sys.modules["head"]; sys.path.pop(0)\n'
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    rows = done.stdout.splitlines()
    assert len(rows) == 2
    for row in rows:
        torch.testing.assert_close(torch.tensor(json.loads(row)), wanted, atol=1e-4, rtol=1e-4)
