"""Tiny jobs that ask for measures of their trained models."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.rows import make_rows, write_rows
from tests.workers.runners import write_texts
from tests.workers.tiny import LAYERS, complete, spec_on

SERIAL = Configuration((Stratum(0, LAYERS, (Module("serial", 4, ()),)),), 5e-3)


def open_measured(
    folder: Path,
    also: Sequence[str],
    kind: str = "classification",
    family: str = "bert",
    groups: int = 2,
    **sections: Any,
) -> TrialRunner:
    """A runner on 128 or 160 rows with a column `part`, and a text of reference."""
    data = _write_data(folder, kind, groups)
    (folder / "reference.txt").write_text(
        "\n".join(f"the film is a {'very ' * (i % 5)}plot not {i}" for i in range(24))
    )
    objectives: dict[str, Any] = {"also": list(also)}
    if {"forgetting", "feature_drift"} & {*also}:
        objectives["reference"] = str(folder / "reference.txt")
    if {"worst_group", "worst_group_loss"} & {*also}:
        objectives |= {"by": "part", "by_rows": 5}
    task = {"train": str(data), "kind": kind} | sections.pop("task", {})
    training = {"batch_size": 8, "epochs": 2, "precision": "float32"}
    model = save_model(folder / "model", family, kind=kind)
    spec = spec_on(model, task=task, training=training, objectives=objectives, **sections)
    return TrialRunner.open(complete(spec), "cpu")


def _write_data(folder: Path, kind: str, groups: int) -> Path:
    names = "abcdefgh"[:groups]
    if kind == "causal_lm":
        rows = [row | {"part": names[i // 2 % groups]} for i, row in enumerate(make_rows())]
        return write_rows(folder / "data.jsonl", rows)
    path = write_texts(folder / "data.csv", kind == "regression")
    with path.open(encoding="utf-8", newline="") as file:
        known = list(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [*row, "part" if not i else names[i // 2 % groups]] for i, row in enumerate(known)
        )
    return path
