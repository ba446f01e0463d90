"""Rows that a tiny model learns, as callers hold them, and that model."""

import csv
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import write_data, write_model

QUICK: dict[str, Any] = {
    "task": {"max_length": 16},
    "training": {"epochs": 1, "checkpoints": 1},
    "head": {"pooling": "model", "start": "random"},
}


def make_rows(folder: Path, rows: int = 80) -> tuple[list[str], list[str]]:
    """Texts and their labels, `good` or `bad`."""
    folder.mkdir(parents=True, exist_ok=True)
    with write_data(folder / "rows.csv", rows).open(encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    return [x["text"] for x in read], [x["label"] for x in read]


def make_model(folder: Path) -> Path:
    """A BERT of 2 layers."""
    return write_model(folder / "model")
