"""What a card says is carried out, in a process that knows nothing of the export."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.results.export import export
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.files.formats import load_base
from peftsearch.workers.files.loading import load_adapter
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.tiny import LAYERS, save_model, spec_on

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
    program = card.partition("```python\n")[2].partition("```")[0] + SCORE
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
