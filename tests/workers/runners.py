"""Trial runners over tiny models and a handful of texts."""

import csv
from pathlib import Path
from typing import Any

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.training.trial_runner import TrialRunner

from .tiny import LAYERS, complete, spec_on

LORA = Configuration((Stratum(0, LAYERS, (Module("lora", 4, ("query", "value")),)),), 5e-3)

PROBE = Configuration((Stratum(0, LAYERS),), 1e-3)


def write_texts(path: Path, regression: bool = False) -> Path:
    """160 different texts whose label is one word of them."""
    fillers = ("film", "plot", "the", "a", "is", "was", "very", "not")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for i in range(160):
            words = [fillers[(i >> shift) % 8] for shift in range(6)]
            word, value = ("good", 1.5) if i % 2 else ("bad", -0.5)
            writer.writerow([" ".join([*words, word]), value if regression else word])
    return path


def open_runner(
    tmp_path: Path, model: Path, kind: str = "classification", folds: int = 1, **training: Any
) -> TrialRunner:
    """Of a job on 160 texts; `training` changes that section."""
    data = write_texts(tmp_path / "data.csv", kind == "regression")
    task = {"train": str(data), "kind": kind, "folds": folds}
    spec = spec_on(model, task=task, training={"batch_size": 8, "epochs": 6} | training)
    return TrialRunner.open(complete(spec), "cpu")
