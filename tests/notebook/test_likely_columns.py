"""What a file of data is likely for, from its columns and their values."""

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet
import pytest

from peftsearch.errors import UserError
from peftsearch.notebook.first_job import draft_job
from peftsearch.notebook.likely_columns import Likely, guess_task

TEXTS = ["the film was fine", "a dull plot", "great cast", "it was awful"]
LABELS = ["good", "bad", "good", "bad"]


def write(path: Path, **columns: list[Any]) -> str:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


@pytest.mark.parametrize(
    ("columns", "kind", "found"),
    [
        ({"text": TEXTS, "label": LABELS}, "classification", ("text", "label")),
        ({"Text": TEXTS, " Label": LABELS}, "classification", ("Text", " Label")),
        ({"id": ["a", "b", "c", "d"], "body": TEXTS, "Category": LABELS, "x": LABELS},)
        + ("classification", ("body", "Category")),
        ({"a": TEXTS, "score": [0.5, 1.25, 2, 3]}, "regression", ("a", "score")),
        ({"a": TEXTS, "n": [1, 2, 3, 4]}, "classification", ("a", None)),
        ({"a": TEXTS, "stars": ["0.5", "2.5", "2.5", "0.5"]}, "regression", ("a", "stars")),
        ({"a": TEXTS, "label": [0.5, 2.5] * 2, "x": LABELS}, "regression", ("a", "label")),
        ({"a": TEXTS, "score": [0.5, 2.5] * 2, "x": LABELS}, "classification", ("a", "x")),
        ({"text": TEXTS, "second_text": TEXTS[::-1], "y": LABELS}, "classification")
        + ((("text", "second_text"), "y"),),
        ({"Prompt": TEXTS, "response": LABELS}, "causal_lm", ("Prompt", "response")),
        ({"text": TEXTS}, "causal_lm", ()),
        ({"id": [1, 2, 3, 4], "premise": [TEXTS[0]] * 4, "Hypothesis": TEXTS, "label": LABELS},)
        + ("classification", (("premise", "Hypothesis"), "label")),
        ({"hypothesis": TEXTS, "premise": TEXTS[::-1], "gold": LABELS}, "classification")
        + ((("premise", "hypothesis"), "gold"),),
        ({"sentence1": TEXTS, "sentence2": TEXTS[::-1], "score": [0.5, 1.25, 2, 3]}, "regression")
        + ((("sentence1", "sentence2"), "score"),),
        ({"text_a": TEXTS, "text_b": TEXTS[::-1], "label": LABELS}, "classification")
        + ((("text_a", "text_b"), "label"),),
        ({"Question 1": TEXTS, "Question 2": TEXTS[::-1], "label": LABELS}, "classification")
        + ((("Question 1", "Question 2"), "label"),),
        ({"question": TEXTS, "answer": TEXTS[::-1], "right": LABELS}, "classification")
        + ((("question", "answer"), "right"),),
        ({"question": TEXTS, "answer": TEXTS[::-1]}, "causal_lm", ("question", "answer")),
        ({"text": TEXTS, "text_a": TEXTS, "text_b": TEXTS, "label": LABELS}, "classification")
        + (("text", "label"),),
        ({"sentence1": [1, 2, 3, 4], "sentence2": [5, 6, 7, 8], "body": TEXTS, "label": LABELS},)
        + ("classification", ("body", "label")),
    ],
)
def test_kind_and_columns(
    columns: dict[str, list[Any]], kind: str, found: tuple[Any, ...], tmp_path: Path
) -> None:
    guess = guess_task(write(tmp_path / "d.jsonl", **columns))
    assert guess.kind.name == kind
    assert tuple(x.column for x in guess.columns.values()) == found


def test_what_may_be_it_too_is_told(tmp_path: Path) -> None:
    data = write(tmp_path / "d.jsonl", who=list("abcd"), body=TEXTS, team=LABELS, place=LABELS)
    assert guess_task(data).columns == {
        "text": Likely("body", ("who",)),
        "label": Likely("place", ("team",)),
    }


def test_two_texts_of_other_names_may_be_a_pair(tmp_path: Path) -> None:
    columns = {"who": list("abcd"), "advert": TEXTS, "enquiry": [f"{x} so" for x in TEXTS]}
    data = write(tmp_path / "d.jsonl", **columns, label=LABELS)
    found = guess_task(data).columns["text"]
    assert found == Likely("enquiry", ("who", "advert"), ("advert", "enquiry"))
    text = draft_job(data, None, tmp_path / "job.toml").text
    assert """or 'who' or 'advert', or both as a pair, ["advert", "enquiry"]\n""" in text


def test_nothing_is_read_of_a_sample() -> None:
    guess = guess_task("demo:data")
    assert (guess.kind.name, guess.columns, guess.read) == ("classification", {}, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("review,kind\n", "a data file with rows; got none"),
        ("review,kind\na film,good,1\n", "2 fields in each row"),
        ("review,review,kind\na,b,good\n", "2 columns of that name"),
        ("review;kind\na;good\n", "save it with commas"),
    ],
)
def test_what_is_wrong_with_the_file_is_told_and_no_column_is_left_to_fill_in(
    text: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(UserError, match=told):
        guess_task(str(tmp_path / "d.csv"))


NAMES = (("text", "label"), ("body", "team"), ("prompt", "response"), ("messages",))


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "folder", "saved", "splits"])
def test_a_heading_without_rows_gets_no_job(
    form: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / f"empty.{form}"
    table = pyarrow.table({x: pyarrow.array([], pyarrow.string()) for x in names})
    if form in ("csv", "tsv"):
        path.write_text(("," if form == "csv" else "\t").join(names) + "\n")
    elif form == "parquet":
        pyarrow.parquet.write_table(table, path)
    elif form == "folder":
        path.mkdir()
        pyarrow.parquet.write_table(table, path / "train.parquet")
    else:
        rows = datasets.Dataset(table)
        saved = rows if form == "saved" else datasets.DatasetDict({"train": rows})
        saved.save_to_disk(str(path))
    with pytest.raises(UserError, match="with rows"):
        guess_task(str(path))


@pytest.mark.parametrize("text", ["{}\n{}\n", "\n", ""])
def test_rows_of_nothing_get_no_job(text: str, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(text)
    with pytest.raises(UserError, match="a data file with (rows|columns)"):
        guess_task(str(tmp_path / "d.jsonl"))


@pytest.mark.parametrize(
    ("heading", "row", "column"),
    [
        ("text,label", "{},good", "text"),
        ("text,label", "a film {i},", "label"),
        ("body,team", " ,team {i}", "body"),
        ("body,team", "a ticket {i},", "team"),
        ("text,label,turn", "a film {i},,{turn}", "label"),
        ("prompt,response", "a question {i},", "response"),
        ("text", '""', "text"),
    ],
)
def test_a_column_of_empty_cells_gets_no_job(
    heading: str, row: str, column: str, tmp_path: Path
) -> None:
    rows = [row.replace("{}", "").format(i=i, turn=i % 2) for i in range(20)]
    (tmp_path / "d.csv").write_text("\n".join([heading, *rows]) + "\n")
    with pytest.raises(UserError, match=f"values in column '{column}'; got none in the 20 rows"):
        guess_task(str(tmp_path / "d.csv"))


def test_an_empty_column_that_means_nothing_is_no_mistake(tmp_path: Path) -> None:
    rows = [f"a film {i},good {i % 2}," for i in range(20)]
    (tmp_path / "d.csv").write_text("\n".join(["text,label,topic", *rows]) + "\n")
    assert guess_task(str(tmp_path / "d.csv")).columns["label"].column == "label"


UNIQUE = [f"{i:04x}-9d2f-{i * 7919 % 65536:04x}" for i in range(12)]
WORDS = [f"{'abcdefghijkl'[i]} {TEXTS[i % 4]}" for i in range(12)]
TEAMS = ["billing", "sales", "it"] * 4


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", list("abcdefghijkl")),
        ("id", [1, 2, 3, 1, 2, 3] * 2),
        ("user_id", ["ann", "bob"] * 6),
        ("ticketId", UNIQUE),
        ("", list(range(12))),
        ("reference", UNIQUE),
        ("mail", [f"{x}@example.org" for x in "abcdefghijkl"]),
        ("page", [f"https://example.org/{x}" for x in "abcdefghijkl"]),
        ("created", [f"2024-01-{1 + i % 3:02d}" for i in range(12)]),
        ("seen", [f"{1 + i}/2/2024 10:0{i % 10}" for i in range(12)]),
    ],
)
def test_what_tells_rows_apart_is_neither_text_nor_label(
    name: str, values: list[Any], tmp_path: Path
) -> None:
    for columns in (
        {name: values, "b": WORDS, "t": TEAMS},
        {"b": WORDS, "t": TEAMS, name: values},
    ):
        guess = guess_task(write(tmp_path / "d.jsonl", **columns))
        assert guess.columns == {"text": Likely("b"), "label": Likely("t")}
        assert guess.passed == (name,)
    alone = guess_task(write(tmp_path / "d.jsonl", **{name: values})).columns
    assert {x.column for x in alone.values()} == {None}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("name", ["Ann", "Bob", "Mary-Jane", "Dov", "Eve", "Fay", "Gus", "Hal", "Ida", "Jo", "K"]),
        (
            "smiles",
            [f"C{x}=O" for x in ("C(C)1", "(N2)", "#N", "C", "CC", "CCC1", "=C", "O", "S")],
        ),
        ("text", UNIQUE),
        ("chinese", [f"这部电影{i}很好看" for i in range(12)]),
        ("id", WORDS),
    ],
)
def test_texts_of_one_word_are_texts(name: str, values: list[Any], tmp_path: Path) -> None:
    guess = guess_task(write(tmp_path / "d.jsonl", **{name: values, "t": TEAMS[: len(values)]}))
    assert guess.columns["text"].column == name


@pytest.mark.parametrize("name", ["label_id", "Class ID", "intentId", "grid", "paid"])
def test_numbers_of_classes_are_labels(name: str, tmp_path: Path) -> None:
    guess = guess_task(write(tmp_path / "d.jsonl", b=WORDS, **{name: [0, 1, 2] * 4}))
    assert guess.columns["label"].column == name
