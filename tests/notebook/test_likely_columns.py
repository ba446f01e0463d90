"""What a file of data is likely for, from its columns and their values."""

import json
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import UserError
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
        ({"text": TEXTS, "second_text": TEXTS[::-1], "y": LABELS}, "classification")
        + ((("text", "second_text"), "y"),),
        ({"Prompt": TEXTS, "response": LABELS}, "causal_lm", ("Prompt", "response")),
        ({"text": TEXTS}, "causal_lm", ()),
    ],
)
def test_kind_and_columns(
    columns: dict[str, list[Any]], kind: str, found: tuple[Any, ...], tmp_path: Path
) -> None:
    row, likely = guess_task(write(tmp_path / "d.jsonl", **columns))
    assert row.name == kind
    assert tuple(x.column for x in likely.values()) == found


def test_what_may_be_it_too_is_told(tmp_path: Path) -> None:
    data = write(tmp_path / "d.jsonl", id=list("abcd"), body=TEXTS, team=LABELS, place=LABELS)
    assert guess_task(data)[1] == {
        "text": Likely("body", ("id",)),
        "label": Likely("place", ("team",)),
    }


def test_nothing_is_read_of_a_sample() -> None:
    kind, likely = guess_task("demo:data")
    assert (kind.name, likely) == ("classification", {})


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
