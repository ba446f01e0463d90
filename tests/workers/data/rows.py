"""Rows of tests, written in every format."""

import csv
import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pyarrow.parquet
import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.data.task_data import Split, load_data
from tests.specs import make_spec

Row = dict[str, Any]


def make_rows(count: int, classes: tuple[Any, ...] = ("bad", "good")) -> list[Row]:
    return [{"text": f"text {i}", "label": classes[i % len(classes)]} for i in range(count)]


def write_csv(path: Path, rows: list[Row]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def spec_of(train: str, **task: Any) -> JobSpec:
    return make_spec(anatomy=None, task={"train": train} | task)


def refuse(rows: list[Row], folder: Path, **task: Any) -> str:
    with pytest.raises(UserError) as caught:
        load_data(spec_of(write_csv(folder / "d.csv", rows), **task))
    return str(caught.value)


def texts(split: Split) -> set[tuple[str, ...]]:
    return set(split.texts)


def save_parquet(folder: Path, rows: list[Row]) -> str:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "d.parquet")
    return str(folder / "d.parquet")


def save_jsonl(folder: Path, rows: list[Row]) -> str:
    (folder / "d.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return str(folder / "d.jsonl")


def save_dataset(folder: Path, rows: list[Row]) -> str:
    datasets.Dataset.from_list(rows).save_to_disk(str(folder / "d"))
    return str(folder / "d")


def save_splits(folder: Path, **splits: list[Row]) -> str:
    saved = datasets.DatasetDict({x: datasets.Dataset.from_list(y) for x, y in splits.items()})
    saved.save_to_disk(str(folder / "d"))
    return str(folder / "d")
