"""What is trained beside scripts, and what the tables make of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import save_file
from torch import nn

from benchmarks.throughput.script_tables import tell
from benchmarks.throughput.visited import HEADS, means_the_same, spread
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.files.peft_format import express
from tests.anatomies import BERT
from tests.search.jobs import lora
from tests.workers.runners import LORA, open_runner
from tests.workers.tiny import save_model


def _in(*strata: tuple[int, int, str, int]) -> Configuration:
    made = [
        Stratum(a, b, (Module(name, size, ("query",)),) if name else ())
        for a, b, name, size in strata
    ]
    return Configuration(tuple(made), 1e-3)


def test_what_peft_would_train_otherwise_is_left_out() -> None:
    biases = Configuration(
        (Stratum(0, 3), Stratum(3, 6, (Module("bitfit", 0), Module("lora", 4, ("query",))))), 1e-3
    )
    assert means_the_same(lora(4), BERT)
    assert means_the_same(_in((0, 3, "lora", 2), (3, 6, "lora", 8)), BERT)
    assert not means_the_same(_in((0, 3, "lora", 2), (3, 6, "ia3", 0)), BERT)
    assert express(biases, BERT, HEADS) is not None
    assert not means_the_same(biases, BERT)


def test_the_first_of_each_technique_and_lowest_layer_stands_before_any_second() -> None:
    low, again, high = lora(1), lora(2), _in((0, 4, "", 0), (4, 6, "lora", 1))
    other = _in((0, 6, "dora", 1))
    assert spread([low, again, high, other], 4) == [low, high, other, again]
    assert spread([low, again, high, other], 2) == [low, high]


def test_ratios_are_geometric_means_of_what_every_arm_has_trained() -> None:
    def row(name: str, arm: str, training: float, loading: float = 0.0) -> dict[str, object]:
        seconds = {"training": training, "loading": loading, "evaluation": 1.0}
        known = {"configuration": name, "arm": arm, "label": name, "origin": "visited"}
        return {**known, "cpu_seconds": seconds, "accuracy": 0.8, "peak_bytes": 10**9}

    rows = [row("a", "usual", 7, 8), row("a", "tuned", 3), row("a", "ours", 1)]
    rows += [row("b", "usual", 31), row("b", "tuned", 3), row("b", "ours", 1)]
    rows += [row("c", "usual", 9), row("c", "ours", 1), row("a", "again", 3)]
    told = tell(rows)
    assert "| visited (2), whole process | 11.31 (8.00 to 16.00) | 2.00 (2.00 to 2.00) |" in told
    assert "| visited (2), without loading | 8.00 (4.00 to 16.00) |" in told
    assert "| visited, states kept before (1), without loading | 2.00 (2.00 to 2.00) |" in told
    assert "usual script less ours +0.0000" in told


@pytest.mark.parametrize("tuned", [False, True])
def test_the_script_trains_and_tells_its_parts(tmp_path: Path, tuned: bool) -> None:
    model = save_model(tmp_path / "bert", "bert")
    runner = open_runner(tmp_path, model)
    express(LORA, runner.backbone.anatomy, HEADS).save_pretrained(str(tmp_path / "adapter"))  # type: ignore[union-attr]
    hidden = runner.backbone.model.config.hidden_size
    save_file(nn.Linear(hidden, 2).state_dict(), tmp_path / "head.safetensors")
    part = {"text": ["a good film", "bad"] * 4, "label": [1, 0] * 4}
    (tmp_path / "rows.json").write_text(json.dumps({"train": part, "validation": part}))
    asked = {
        "model": str(model),
        "pooling": "mean",
        "head": str(tmp_path / "head.safetensors"),
        "head_rate": 0.05,
        "rows": str(tmp_path / "rows.json"),
        "max_length": 16,
        "adapter": str(tmp_path / "adapter"),
        "rate": 0.01,
        "epochs": 8,
        "batch_size": 4,
        "seed": 1,
        "tuned": tuned,
        "folder": str(tmp_path / "kept"),
    }
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    command = [sys.executable, "-m", "benchmarks.throughput.usual_script"]
    files = [str(tmp_path / "asked.json"), str(tmp_path / "told.json")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["accuracy"] == 1.0
    assert told["peak_bytes"] > 2**27
    assert {"loading", "training", "evaluation"} <= told["cpu_seconds"].keys()
    assert (tmp_path / "kept").exists() is not tuned or not any((tmp_path / "kept").iterdir())
