"""What holds on tiny random models, on a real one: MiniLM-L6 and rated film sentences."""

import csv
from pathlib import Path
from typing import Any

import pytest
import torch

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.samples.fetch import fetch_sample
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.runtime.memory import MemoryMeter
from peftsearch.workers.training.optimisation import accumulate
from peftsearch.workers.training.trial_runner import TrialRunner

pytestmark = pytest.mark.slow
LORA = Configuration((Stratum(0, 6, (Module("lora", 8, ("query", "value")),)),), 2e-3)


def open_runner(folder: Path, shift: float) -> TrialRunner:
    """Of a regression on ratings from -4 to 4, moved by `shift`."""
    source, moved = Path(fetch_sample("demo:data", print)), folder / f"{shift:g}.csv"
    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:120]
    with moved.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([row["text"], float(row["valence"]) + shift] for row in rows)
    task: dict[str, Any] = {"train": str(moved), "kind": "regression", "max_length": 32}
    data = {
        "name": "real",
        "model": {"path": "demo:model"},
        "task": task,
        "training": {"epochs": 1, "checkpoints": 1, "precision": "float32"},
        "budget": {"trials": 1},
    }
    return TrialRunner.open(complete_spec(data, folder), "cpu")


def test_parts_and_recomputation_give_the_gradients_of_the_step(tmp_path: Path) -> None:
    runner = open_runner(tmp_path, 0.0)
    backbone, rows = runner.backbone, runner.training_rows
    found = []
    for changes in ({}, {"accumulate": 4}, {"gradient_checkpointing": True}):
        attachment = attach(backbone, LORA, 0)
        training = runner.spec.training.model_copy(update=changes)
        loss = accumulate(backbone, rows, range(16), training, "float32", MemoryMeter("cpu"))
        found.append((loss, {k: x.grad for k, x in attachment.trained.items()}))
        attachment.detach()
    loss, whole = found[0]
    assert any(x is not None and x.abs().max() > 0 for x in whole.values())
    for again, gradients in found[1:]:
        assert again == pytest.approx(loss, rel=1e-4)
        for name, gradient in whole.items():
            torch.testing.assert_close(gradients[name], gradient, rtol=1e-3, atol=1e-5)
