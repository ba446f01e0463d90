"""Splits of real files: what trials see, what only `confirm` sees, and what is refused."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest

from peftsearch.errors import UserError
from peftsearch.workers.data.task_data import TaskData, load_data, load_for_launch, load_test
from tests.workers.data.rows import (
    Row,
    make_rows,
    refuse,
    save_dataset,
    save_jsonl,
    save_parquet,
    save_splits,
    spec_of,
    texts,
    write_csv,
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return write_csv(tmp_path / "d.csv", make_rows(200))


def test_splits_are_disjoint_and_cover_the_file(file: str) -> None:
    data, test = load_data(spec_of(file)), load_test(spec_of(file))
    parts = [texts(data.train), texts(data.validation), texts(test)]
    assert [len(part) for part in parts] == [140, 30, 30]
    assert data.test_rows == 30
    assert load_data(spec_of(file, test=file)).test_rows is None
    assert len(set().union(*parts)) == 200
    assert data.label_names == ["bad", "good"]
    assert list(data.validation.labels).count(1) == 15
    assert data.notes == ()


def test_a_launch_knows_how_many_test_rows_a_file_has(file: str, tmp_path: Path) -> None:
    test = write_csv(tmp_path / "test.csv", make_rows(40))
    data = load_for_launch(spec_of(file, test=test))
    assert data.test_rows == 40
    assert "of 40 test texts also occur in the training split" in data.notes[0]
    assert replace(data, test_rows=None, notes=()) == load_data(spec_of(file, test=test))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (make_rows(40, ("good", "awful")), "the classes of the training data (bad, good)"),
        (make_rows(2), "at least 4 rows in the test split; got 2 rows in "),
        ([{"text": "a", "class": "good"}] * 9, "'label'"),
    ],
)
def test_a_launch_refuses_test_rows_that_could_not_be_scored(
    rows: list[Row], told: str, file: str, tmp_path: Path
) -> None:
    spec = spec_of(file, test=write_csv(tmp_path / "test.csv", rows))
    load_data(spec)
    with pytest.raises(UserError, match=re.escape(told)) as caught:
        load_for_launch(spec)
    assert caught.value.where == ("task.label" if told == "'label'" else "task.test")
    assert "test.csv" in str(caught.value) and "\n" not in str(caught.value)


def test_a_launch_looks_at_the_test_split_of_the_source_too(tmp_path: Path) -> None:
    splits = {"train": make_rows(60), "test": make_rows(20, ("good", "awful"))}
    spec = spec_of(save_splits(tmp_path, **splits))
    load_data(spec)
    with pytest.raises(UserError, match="got 'awful' at row 2 of"):
        load_for_launch(spec)


def test_a_test_file_that_is_not_there_yet_is_a_note(file: str) -> None:
    data = load_for_launch(spec_of(file, test="later.csv"))
    assert data.test_rows is None
    assert "there is no file 'later.csv'" in data.notes[0]


def test_a_launch_names_all_files_that_are_not_there() -> None:
    with pytest.raises(UserError) as caught:
        load_for_launch(spec_of("later.csv", validation="last.csv"))
    told = {x.where: str(x) for x in (caught.value, *caught.value.others)}
    assert told.keys() == {"task.train", "task.validation"}
    assert "later.csv" in told["task.train"] and "last.csv" in told["task.validation"]


def test_a_column_that_is_not_there_is_told_with_its_key(file: str) -> None:
    with pytest.raises(UserError, match="expected task.text: a column among .*; got 'body'"):
        load_for_launch(spec_of(file, text="body"))


def test_labels_belong_to_their_texts(file: str) -> None:
    data, test = load_data(spec_of(file)), load_test(spec_of(file))
    for split in (data.train, data.validation, test):
        for (text,), label in zip(split.texts, split.labels, strict=True):
            assert int(text.split()[1]) % 2 == label


def test_held_out_rows_are_the_same_for_every_job(file: str) -> None:
    one = spec_of(file)
    other = one.model_copy(update={"seed": 7, "name": "other"})
    other = other.model_copy(
        update={"task": one.task.model_copy(update={"train_rows": 50, "validation_rows": 20})}
    )
    assert load_test(one) == load_test(other)
    assert texts(load_data(other).validation) <= texts(load_data(one).validation)
    assert texts(load_data(other).train) <= texts(load_data(one).train)
    assert len(load_data(other).train.texts) == 50


@pytest.mark.parametrize("classes", [("bad", "good"), (0, 1), (False, True), (0.0, 1.0)])
@pytest.mark.parametrize("save", [save_parquet, save_jsonl, save_dataset])
def test_every_format_and_type_of_label_gives_the_same_data(
    tmp_path: Path, save: Any, classes: tuple[Any, ...]
) -> None:
    rows = make_rows(100, classes)
    reference = load_data(spec_of(write_csv(tmp_path / "d.csv", rows)))
    data = load_data(spec_of(save(tmp_path, rows)))
    assert data.train == reference.train
    assert data.validation == reference.validation


def test_label_names_sort_as_numbers(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "d.csv", make_rows(90, (10, 9, -1)))
    assert load_data(spec_of(file)).label_names == ["-1", "9", "10"]


def test_measured_numbers_that_repeat_are_no_classes(tmp_path: Path) -> None:
    def load(kinds: int) -> TaskData:
        measured = tuple(x / 10 + 0.05 for x in range(kinds))
        return load_data(spec_of(write_csv(tmp_path / "d.csv", make_rows(120, measured))))

    with pytest.raises(UserError, match=r"5 rows .*; got 40 .* 'regression' .* write a letter"):
        load(40)
    assert len(load(10).label_names) == 10
    file = write_csv(tmp_path / "d.csv", make_rows(120, tuple(range(40))))
    assert len(load_data(spec_of(file)).label_names) == 40


@pytest.mark.parametrize("name", ["v{}.5", "{}/7", "{}.5.0"])
def test_names_that_hold_numbers_are_classes(name: str, tmp_path: Path) -> None:
    """The way out that the refusal of measured numbers names."""
    names = tuple(name.format(x) for x in range(40))
    file = write_csv(tmp_path / "d.csv", make_rows(120, names))
    assert len(load_data(spec_of(file)).label_names) == 40


def test_class_labels_keep_their_own_order(tmp_path: Path) -> None:
    features = datasets.Features(
        text=datasets.Value("string"), label=datasets.ClassLabel(names=["worse", "better", "none"])
    )
    rows = {"text": [f"text {i}" for i in range(60)], "label": [i % 2 for i in range(60)]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(tmp_path / "d"))
    data = load_data(spec_of(str(tmp_path / "d")))
    assert data.label_names == ["worse", "better"]


def test_own_splits_of_the_source_are_taken(tmp_path: Path) -> None:
    rows = make_rows(100)
    source = save_splits(tmp_path, train=rows[:60], validation_matched=rows[60:80], test=rows[80:])
    data, test = load_data(spec_of(source)), load_test(spec_of(source))
    assert len(data.train.texts) == 60
    assert texts(data.validation) == {(f"text {i}",) for i in range(60, 80)}
    assert texts(test) == {(f"text {i}",) for i in range(80, 100)}


def test_only_split_of_a_source_is_divided_whatever_its_name(tmp_path: Path) -> None:
    source = save_splits(tmp_path, test=make_rows(100))
    data, test = load_data(spec_of(source)), load_test(spec_of(source))
    assert [len(x.texts) for x in (data.train, data.validation, test)] == [70, 15, 15]


def test_test_split_without_labels_is_replaced_by_training_rows(tmp_path: Path) -> None:
    secret = [row | {"label": None} for row in make_rows(30)]
    source = save_splits(tmp_path, train=make_rows(100), test=secret)
    assert len(load_test(spec_of(source)).texts) == 15


def test_explicit_files(tmp_path: Path) -> None:
    rows = make_rows(100)
    names = ("train", "validation", "test")
    parts = (rows[:70], rows[70:80], rows[80:])
    files = {
        name: write_csv(tmp_path / f"{name}.csv", part)
        for name, part in zip(names, parts, strict=True)
    }
    spec = spec_of(**files)
    data = load_data(spec)
    assert [len(data.train.texts), len(data.validation.texts)] == [70, 10]
    assert len(load_test(spec).texts) == 20


def test_search_does_not_open_the_test_file(tmp_path: Path, file: str) -> None:
    spec = spec_of(file, test=str(tmp_path / "absent.csv"))
    data = load_data(spec)
    assert len(data.train.texts) == 170
    (told,) = [note for note in data.notes if "absent.csv" in note]
    assert told.endswith("the test rows that `confirm` will read")
    assert not any("no file" in note for note in load_data(spec_of(file, test=file)).notes)
    with pytest.raises(UserError, match="absent.csv"):
        load_test(spec)


def test_texts_on_two_sides_of_explicit_files_are_noted_not_dropped(tmp_path: Path) -> None:
    rows = make_rows(100)
    file = write_csv(tmp_path / "d.csv", rows)
    part = write_csv(tmp_path / "part.csv", rows[:12])
    data = load_data(spec_of(file, validation=part))
    assert len(data.validation.texts) == 12
    held = texts(load_test(spec_of(file, validation=part)))
    shared = 12 - len(held & texts(data.validation))
    assert data.notes == (
        f"{shared} of 12 validation texts also occur in the training split",
        "classes with fewer than 10 validation rows: 'bad' 6, 'good' 6",
    )
    test = load_test(spec_of(file, test=part))
    assert len(test.texts) == 12
    assert any("12 test texts also occur in the training split" in note for note in test.notes)


def test_repeated_texts_stay_on_one_side_and_are_noted(tmp_path: Path) -> None:
    rows = make_rows(100) + make_rows(100) + [{"text": "text 0", "label": "good"}]
    spec = spec_of(write_csv(tmp_path / "d.csv", rows))
    data, test = load_data(spec), load_test(spec)
    assert not texts(data.train) & (texts(data.validation) | texts(test))
    assert not texts(data.validation) & texts(test)
    assert data.notes == (
        "101 rows of the training data repeat an earlier text",
        "1 text of the training data has several labels",
    )


def test_pairs(tmp_path: Path) -> None:
    rows = [{"a": f"a{i}", "b": f"b{i}", "gold": "xy"[i % 2]} for i in range(60)]
    spec = spec_of(write_csv(tmp_path / "d.csv", rows), text=["a", "b"], label="gold")
    assert all(a[1:] == b[1:] for a, b in load_data(spec).train.texts)


def test_regression_keeps_raw_labels(tmp_path: Path) -> None:
    rows = [{"text": f"text {i}", "label": f"{i / 10}"} for i in range(60)]
    data = load_data(spec_of(write_csv(tmp_path / "d.csv", rows), kind="regression"))
    assert data.label_names == []
    for (text,), label in zip(data.train.texts, data.train.labels, strict=True):
        assert label == int(text.split()[1]) / 10


def test_rows_asked_beyond_the_split_are_noted(file: str) -> None:
    data = load_data(spec_of(file, train_rows=1000))
    assert len(data.train.texts) == 140
    assert data.notes == ("train_rows asks for 1,000 rows, there are 140",)


def test_validation_rows_beyond_what_is_held_out_name_the_key_that_gives_more(file: str) -> None:
    (note,) = load_data(spec_of(file, validation_rows=1000)).notes
    assert note.endswith("; a larger task.validation_fraction than 0.15 holds out more")


def fingerprint(folder: Path, rows: list[Row], **task: Any) -> str:
    data: TaskData = load_data(spec_of(write_csv(folder / "d.csv", rows), **task))
    assert len(data.fingerprint) == 64
    return data.fingerprint


def test_fingerprint_follows_texts_labels_and_size(tmp_path: Path) -> None:
    rows = make_rows(100)
    spec = spec_of(write_csv(tmp_path / "d.csv", rows))
    row = next(i for i in range(100) if (f"text {i}",) in texts(load_data(spec).train))
    changed = [dict(row) for row in rows]
    changed[row]["label"] = "good" if row % 2 == 0 else "bad"
    renamed = [row | {"label": row["label"].upper()} for row in rows]
    prints = [
        fingerprint(tmp_path, rows),
        fingerprint(tmp_path, changed),
        fingerprint(tmp_path, renamed),
        fingerprint(tmp_path, rows, train_rows=40),
        fingerprint(tmp_path, rows, validation_rows=16, validation_fraction=0.3),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint(tmp_path, rows) == prints[0]


@pytest.mark.parametrize("missing", ["", "  "])
@pytest.mark.parametrize("column", ["text", "label"])
def test_missing_values_are_counted(tmp_path: Path, column: str, missing: str) -> None:
    rows = make_rows(60)
    rows[4][column] = rows[9][column] = missing
    message = refuse(rows, tmp_path)
    assert f"a value of '{column}'" in message
    assert "none in 2 rows (5, 10);" in message


def test_missing_values_of_all_columns_are_told_together(tmp_path: Path) -> None:
    rows = make_rows(60)
    rows[6]["label"] = " "
    for i in (4, 9, 12, 30):
        rows[i]["text"] = ""
    message = refuse(rows, tmp_path)
    assert "a value of 'text' and of 'label' in each row of" in message
    assert "got none of 'text' in 4 rows (5, 10, 13, ...), none of 'label' in row 7;" in message


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_missing_values_in_typed_files(tmp_path: Path, missing: float | None) -> None:
    rows = make_rows(60, (0.5, 1.5))
    rows[3]["label"] = missing
    with pytest.raises(UserError, match="none in row 4"):
        load_data(spec_of(save_parquet(tmp_path, rows), kind="regression"))


def test_one_class(tmp_path: Path) -> None:
    assert "only 'good'" in refuse(make_rows(60, ("good",)), tmp_path)


def test_one_number(tmp_path: Path) -> None:
    assert "only 2" in refuse(make_rows(60, (2.0,)), tmp_path, kind="regression")


@pytest.mark.parametrize(("offset", "unit"), [(1e8, 1.0), (1.7e9, 60.0), (1e-200, 1e-201)])
def test_numbers_that_an_exported_head_would_blur(
    offset: float, unit: float, tmp_path: Path
) -> None:
    rows = make_rows(60, tuple(offset + unit * i for i in range(4)))
    message = refuse(rows, tmp_path, kind="regression")
    assert "float32" in message and "subtract an offset" in message and "\n" not in message
    spec = spec_of(str(tmp_path / "d.csv"), kind="regression", reading=1)
    assert len(load_data(spec).train.texts) > 8  # a job that was stored before goes on


def test_numbers_far_from_zero_that_are_spread(tmp_path: Path) -> None:
    rows = make_rows(60, tuple(1.7e9 + 86400.0 * i for i in range(60)))
    assert load_data(spec_of(write_csv(tmp_path / "d.csv", rows), kind="regression")).notes == ()


def test_numbers_as_classes(tmp_path: Path) -> None:
    rows = make_rows(60, tuple(i / 7 for i in range(60)))
    assert "kind = 'regression'" in refuse(rows, tmp_path)


def test_classes_as_numbers(tmp_path: Path) -> None:
    message = refuse(make_rows(60), tmp_path, kind="regression")
    assert "'bad' at row 1" in message


def test_infinite_label(tmp_path: Path) -> None:
    rows = make_rows(60, (1.0, 2.0))
    rows[7]["label"] = "inf"
    assert "'inf' at row 8" in refuse(rows, tmp_path, kind="regression")


@pytest.mark.parametrize("label", ["1e31", "-1e200"])
def test_label_that_no_model_can_hold(label: str, tmp_path: Path) -> None:
    rows = make_rows(60, (1.0, 2.0))
    rows[7]["label"] = label
    message = refuse(rows, tmp_path, kind="regression")
    assert f"'{label}' at row 8" in message and "at most 1e+30" in message


def test_unseen_label_in_validation_and_test(tmp_path: Path, file: str) -> None:
    part = write_csv(tmp_path / "part.csv", make_rows(20, ("bad", "ugly")))
    with pytest.raises(
        UserError, match=r"'ugly' at row 2 of .*, one of 10 rows \(2, 4, 6, \.\.\.\)"
    ):
        load_data(spec_of(file, validation=part))
    with pytest.raises(UserError, match=r"training data \(bad, good\)"):
        load_test(spec_of(file, test=part))


def test_text_that_is_no_text(tmp_path: Path) -> None:
    rows = [{"text": i, "label": i % 2} for i in range(60)]
    with pytest.raises(UserError, match="int at row 1"):
        load_data(spec_of(save_jsonl(tmp_path, rows)))


def test_label_that_is_a_list(tmp_path: Path) -> None:
    rows = [{"text": f"text {i}", "label": [i]} for i in range(60)]
    with pytest.raises(UserError, match="list at row 1"):
        load_data(spec_of(save_jsonl(tmp_path, rows)))


@pytest.mark.parametrize("count", [4, 12])
def test_too_few_rows(tmp_path: Path, count: int) -> None:
    assert "bring more rows" in refuse(make_rows(count), tmp_path)


def test_split_that_the_source_lacks(tmp_path: Path) -> None:
    source = save_splits(tmp_path, one=make_rows(30), two=make_rows(30))
    with pytest.raises(UserError, match="splits one, two"):
        load_data(spec_of(source))
