"""Rows that a caller holds become the same file, whatever holds them."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from peftsearch.errors import UserError
from peftsearch.notebook.given_columns import find_columns
from peftsearch.notebook.given_job import GivenJob
from peftsearch.notebook.given_rows import Given, read_given
from peftsearch.notebook.kept_rows import keep_rows

TEXTS = ["the film was fine", "a dull plot", "great cast", "it was awful"]
LABELS = ["good", "bad", "good", "bad"]
COLUMNS = ("text", "label")
KINDS: dict[str, Callable[[], Any]] = {
    "lists": lambda: (TEXTS, LABELS),
    "arrays": lambda: (np.array(TEXTS), np.array(LABELS)),
    "series": lambda: (pd.Series(TEXTS), pd.Series(LABELS, dtype="category")),
    "frame": lambda: pd.DataFrame({"text": TEXTS, "label": LABELS}, index=[7, 5, 3, 1]),
    "categories": lambda: pd.DataFrame({"text": TEXTS, "label": pd.Categorical(LABELS)}),
    "objects": lambda: pd.DataFrame({"text": TEXTS, "label": LABELS}, dtype=object),
    "other columns": lambda: pd.DataFrame(
        {"x": [{}, 1, "a", None], "text": TEXTS, "label": LABELS}
    ),
    "data set": lambda: datasets.Dataset.from_dict({"text": TEXTS, "label": LABELS}),
    "a part": lambda: datasets.Dataset.from_dict(
        {"text": ["more", *TEXTS], "label": ["bad", *LABELS]}
    ).select(range(1, 5)),
    "class labels": lambda: datasets.Dataset.from_dict(
        {"text": TEXTS, "label": [1, 0, 1, 0]},
        features=datasets.Features(
            {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
        ),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_equal_rows_are_one_file_whatever_holds_them(kind: str, tmp_path: Path) -> None:
    path = keep_rows(read_given(KINDS[kind](), "train"), COLUMNS, (), tmp_path)
    assert path == keep_rows(read_given((TEXTS, LABELS), "train"), COLUMNS, (), tmp_path)
    kept = pyarrow.parquet.read_table(path).to_pydict()
    assert kept == {"text": TEXTS, "label": LABELS}
    assert [x.name for x in (tmp_path / "data").iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ([1, 0, 1, 0], [1, 0, 1, 0]),
        (np.array([True, False, True, False]), [True, False, True, False]),
        ([np.int64(3), np.int64(2), 3, 2], [3, 2, 3, 2]),
        (pd.Series([0.5, 1.5, 2.5, 3.5]), [0.5, 1.5, 2.5, 3.5]),
    ],
)
def test_labels_of_every_plain_type(labels: Any, kept: list[Any], tmp_path: Path) -> None:
    path = keep_rows(read_given((TEXTS, labels), "train"), COLUMNS, (), tmp_path)
    assert pyarrow.parquet.read_table(path).to_pydict()["label"] == kept


def test_pairs_have_two_columns(tmp_path: Path) -> None:
    given = read_given((list(zip(TEXTS, reversed(TEXTS), strict=True)), LABELS), "train")
    text, label, note = find_columns(given, None, None, numbers=False)
    assert (text, label, note) == (("text", "second_text"), "label", None)
    kept = pyarrow.parquet.read_table(keep_rows(given, (*text, label), (), tmp_path))
    assert kept.to_pydict()["second_text"] == TEXTS[::-1]


def test_a_group_is_kept_where_it_is_known(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": TEXTS, "label": LABELS, "who": ["a", None, "b", "b"]})
    path = keep_rows(read_given(frame, "train"), COLUMNS, (None, "who"), tmp_path)
    assert pyarrow.parquet.read_table(path).to_pydict()["who"] == ["a", None, "b", "b"]
    path = keep_rows(read_given((TEXTS, LABELS), "test"), COLUMNS, (None, "who"), tmp_path)
    assert pyarrow.parquet.read_table(path).column_names == ["text", "label"]


def test_the_frame_of_the_caller_stays_as_it_is(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": TEXTS, "label": pd.Categorical(LABELS)}, index=[7, 5, 3, 1])
    before = frame.copy(deep=True)
    keep_rows(read_given(frame, "train"), COLUMNS, (), tmp_path)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            (TEXTS, ["good", None, "good", "bad"]),
            "a value of 'label' in each row of train; got none",
        ),
        ((TEXTS, [1.0, math.nan, 0.0, 1.0]), "got none in row 2; fill in or remove them"),
        (
            pd.DataFrame({"text": TEXTS, "label": ["a", np.nan, pd.NA, "b"]}),
            "got none in 2 rows (2, 3)",
        ),
        (
            (["a", "", "b", "c"], LABELS),
            "a value of 'text' in each row of train; got none in row 2",
        ),
        ((TEXTS, LABELS[:3]), "as many labels as texts in train; got 4 texts and 3 labels"),
        ((TEXTS, ["a", 1, "b", 2]), "values of one kind in column 'label' of train"),
        ((TEXTS, [10**30, 1, 2, 3]), "values of one kind in column 'label' of train"),
        (pd.DataFrame({"text": TEXTS, "label": ["a", 1, "b", 2]}), "values of one kind"),
        (pd.DataFrame({"text": [], "label": []}), "a data file with rows; got none in train"),
        (pd.DataFrame({"text": TEXTS}), "a column among text in train; got 'label'"),
        (pd.DataFrame([["a", "b"]], columns=["text", "text"]), "each column of train once"),
        (datasets.DatasetDict(), "got DatasetDict; choose one of its splits"),
        (7, "a datasets.Dataset, (texts, labels) or the path of a file as train=; got 7"),
        (("a text", "a label"), "(texts, labels) as train=, each a list; got str"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_one_line(
    rows: Any, told: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as refused:
        keep_rows(read_given(rows, "train"), COLUMNS, (), tmp_path)
    assert told in str(refused.value) and "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def made(**columns: list[Any]) -> Given:
    return read_given(pd.DataFrame(columns), "train")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (made(text=TEXTS, label=LABELS, other=LABELS), ("text", "label", False)),
        (made(review=TEXTS, sentiment=LABELS), ("review", "sentiment", True)),
        (made(number=[1, 2, 3, 4], review=TEXTS, stars=[5, 1, 5, 1]), ("review", "stars", True)),
        (made(text=TEXTS, target=LABELS), ("text", "target", True)),
        (made(Text=TEXTS, Label=LABELS, other=LABELS), ("Text", "Label", False)),
        (made(body=TEXTS, label=LABELS, place=LABELS), ("body", "label", True)),
    ],
)
def test_columns_are_guessed_where_only_one_can_be_meant(
    given: Given, found: tuple[str, str, bool]
) -> None:
    text, label, note = find_columns(given, None, None, numbers=False)
    assert (text, label, note is not None) == found
    assert note is None or note.startswith("taken from the columns of train: ")


def test_a_number_is_a_label_of_a_regression() -> None:
    given = made(review=TEXTS, stars=[0.1, 0.2, 0.3, 0.4], place=LABELS)
    assert find_columns(given, None, None, numbers=True)[:2] == ("review", "stars")


@pytest.mark.parametrize(
    ("given", "named", "told"),
    [
        (made(text=TEXTS, a=LABELS, b=LABELS), {}, "as the label; got a and b, which may each be"),
        (
            made(a=TEXTS, b=TEXTS[::-1], label=LABELS),
            {},
            "as the text; got a and b, which may each",
        ),
        (made(text=TEXTS, number=[1, 2, 3, 4]), {}, "as the label; got none that looks like one"),
        (made(text=TEXTS, label=LABELS), {"label": "lable"}, "did you mean 'label'?"),
        (made(text=TEXTS, label=LABELS), {"text": ("text", "more")}, "as text=; got 'more'"),
        (made(text=TEXTS, label=LABELS), {"text": 5}, "as text=; got '5'"),
        (made(text=TEXTS, label=LABELS), {"label": 5}, "as label=; got '5'"),
    ],
)
def test_what_may_mean_two_columns_is_asked(given: Given, named: Any, told: str) -> None:
    with pytest.raises(UserError) as refused:
        find_columns(given, named.get("text"), named.get("label"), numbers=False)
    assert told in str(refused.value)


def test_columns_that_are_numbers_are_named_by_them() -> None:
    given = read_given(pd.DataFrame({0: TEXTS, 1: LABELS}), "train")
    assert find_columns(given, 0, 1, numbers=False)[:2] == ("0", "1")  # type: ignore[arg-type]


def test_a_column_that_is_named_in_another_case_is_kept(tmp_path: Path) -> None:
    given = made(Text=TEXTS, Label=LABELS, Person=LABELS)
    assert find_columns(given, "text", "LABEL", numbers=False)[:2] == ("Text", "Label")
    path = keep_rows(given, COLUMNS, ("person", "absent"), tmp_path)
    kept = pyarrow.parquet.read_table(path).to_pydict()
    assert kept == {"text": TEXTS, "label": LABELS, "person": LABELS}


def test_columns_of_a_file_are_guessed_as_those_of_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    pd.DataFrame({"Body": TEXTS, "Team": LABELS, "n": [1, 2, 3, 4]}).to_csv(path, index=False)
    data, notes = GivenJob({"train": path, "validation": None, "test": None}, "m").write(tmp_path)
    assert (data["task"]["text"], data["task"]["label"]) == ("Body", "Team")
    assert notes == (f"taken from the columns of {path}: text='Body', label='Team'",)


def test_a_frame_of_another_class_is_a_frame() -> None:
    class Frame(pd.DataFrame):  # type: ignore[misc]
        """As other packages derive them."""

    given = read_given(Frame({"text": TEXTS, "label": LABELS}), "train")
    assert given.column("label") == LABELS
