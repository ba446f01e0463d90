"""One class is one class, however each of its rows spells it."""

from pathlib import Path
from typing import Any

import pytest

from peftsearch.workers.data.label_folding import fold_labels
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_data import load_data
from tests.workers.data.rows import (
    make_rows,
    refuse,
    save_dataset,
    save_jsonl,
    save_parquet,
    spec_of,
    write_csv,
)


def fold(*labels: Any, classes: tuple[str, ...] = ()) -> tuple[list[Any], tuple[str, ...]]:
    table = fold_labels(Table("d.csv", {"label": list(labels)}), "label", classes)
    return table.columns["label"], table.notes


@pytest.mark.parametrize(
    ("labels", "folded"),
    [
        ((1, 1.0, "1", "1.0", " 1", "+1", "1."), ["1"] * 7),
        ((True, "true", "True", "TRUE", "true", "true"), ["true"] * 6),
        ((True, 1, "true", "1.0"), ["1"] * 4),
        ((False, 0, "false", -0.0), ["0"] * 4),
        (("good ", "good", "\tgood"), ["good"] * 3),
        (("01", "1", "0.5", 0.5), ["01", "1", "0.5", "0.5"]),
        (("true", "mixed", "FALSE"), ["true", "mixed", "FALSE"]),
        (("", None, float("nan"), [1]), ["", None, None, [1]]),
    ],
)
def test_spellings_of_one_class(labels: tuple[Any, ...], folded: list[Any]) -> None:
    found, _ = fold(*labels)
    assert [None if x != x else x for x in found] == folded


def test_spellings_are_those_of_the_training_data() -> None:
    assert fold(True, "1", "TRUE", classes=("false", "true"))[0] == ["true"] * 3
    assert fold(True, 0.0, "true", classes=("0", "1"))[0] == ["1", "0", "1"]
    assert fold("ugly", classes=("0", "1"))[0] == ["ugly"]


def test_each_folding_is_told() -> None:
    _, notes = fold(1, 1.0, 1.0, "0 ", "0")
    assert notes == (
        "label 1.0 is read as '1' in 2 rows of d.csv",
        "label '0 ' is read as '0' in 1 row of d.csv",
    )
    assert fold("Good", "good", "bad")[1] == (
        "2 classes of d.csv differ in case alone, as 'Good' and 'good'",
    )
    assert fold("0.5", ".5", "0.50", "1", "01", "1e0", "nan", "x")[1] == (
        "classes of d.csv that are the same number are kept apart: "
        "'.5' and '0.5' and '0.50', '01' and '1' and '1e0'",
    )
    many = fold(*(f"{i} " for i in range(30)))[1]
    assert len(many) == 11 and many[-1] == "20 more spellings of labels are folded"
    assert all(len(note) < 200 for note in fold("x" * 5000 + " ")[1])


@pytest.mark.parametrize("save", [save_parquet, save_jsonl, save_dataset])
@pytest.mark.parametrize("labels", [(0.0, 1.0), (False, True), ("0 ", "1")])
def test_validation_and_training_may_spell_otherwise(
    tmp_path: Path, save: Any, labels: tuple[Any, ...]
) -> None:
    train = write_csv(tmp_path / "train.csv", make_rows(80, (0, 1)))
    rows = [row | {"text": row["text"] + " v"} for row in make_rows(20, labels)]
    data = load_data(spec_of(train, validation=save(tmp_path, rows)))
    assert data.label_names == ["0", "1"]
    assert data.validation.labels == [i % 2 for i in range(20)]
    assert sum(" is read as " in note for note in data.notes) == (1 if "1" in labels else 2)


def test_jobs_of_before_keep_their_classes(tmp_path: Path) -> None:
    rows = make_rows(80, ("good", "bad", "good "))
    file = write_csv(tmp_path / "d.csv", rows)
    assert load_data(spec_of(file)).label_names == ["bad", "good"]
    assert load_data(spec_of(file, reading=1)).label_names == ["bad", "good", "good "]


def test_folded_to_one_class(tmp_path: Path) -> None:
    assert "only 'good'" in refuse(make_rows(60, ("good", "good ")), tmp_path)


def test_one_class_in_validation_is_told(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "d.csv", make_rows(80))
    rows = [{"text": f"v {i}", "label": "good"} for i in range(20)]
    notes = load_data(spec_of(file, validation=write_csv(tmp_path / "v.csv", rows))).notes
    assert notes == (
        "all validation rows are of the class 'good'",
        "classes with fewer than 10 validation rows: 'bad' 0",
    )
