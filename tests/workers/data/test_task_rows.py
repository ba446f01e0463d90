"""Rows of the kinds that are not plain classification: what identifies them, what is predicted."""

import json
from pathlib import Path
from typing import Any

import datasets
import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.data.task_data import load_data, load_test
from tests.specs import make_spec

Row = dict[str, Any]
USER = {"role": "user", "content": "how was it"}
ANSWER = {"role": "assistant", "content": "good"}


def spec_of(folder: Path, rows: list[Row], **task: Any) -> JobSpec:
    path = folder / "d.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return make_spec(anatomy=None, task={"train": str(path)} | task)


def refuse(folder: Path, rows: list[Row], **task: Any) -> str:
    with pytest.raises(UserError) as caught:
        load_data(spec_of(folder, rows, **task))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def make_choices(count: int = 60) -> list[Row]:
    return [
        {"text": f"text {i}", "choices": ["no", "yes", f"{i}"], "label": i % 3}
        for i in range(count)
    ]


def written(row: Row, way: str) -> Row:
    """The row with its label written in another way."""
    index = row["label"]
    forms = {
        "string": str(index),
        "float": float(index),
        "letter": "ABC"[index],
        "small letter": "abc"[index],
        "text": row["choices"][index],
    }
    return row | {"label": forms[way]}


@pytest.mark.parametrize("way", ["string", "float", "letter", "small letter", "text"])
def test_right_choice_may_be_written_in_several_ways(tmp_path: Path, way: str) -> None:
    rows = [row | {"choices": ["no", "yes", "may be"]} for row in make_choices()]
    plain = load_data(spec_of(tmp_path, rows, kind="multiple_choice"))
    data = load_data(spec_of(tmp_path, [written(x, way) for x in rows], kind="multiple_choice"))
    assert data.train == plain.train
    assert data.label_names == []
    for (text, *_), label in zip(data.train.texts, data.train.labels, strict=True):
        assert int(text.split()[1]) % 3 == label


def test_choices_may_stand_in_columns_or_in_mappings(tmp_path: Path) -> None:
    rows = make_choices()
    plain = load_data(spec_of(tmp_path, rows, kind="multiple_choice"))
    apart = [row | dict(zip("abc", row["choices"], strict=True)) for row in rows]
    columns = spec_of(tmp_path, apart, kind="multiple_choice", choices=["a", "b", "c"])
    assert load_data(columns).train == plain.train
    arc = [row | {"choices": {"text": row["choices"], "label": list("ABC")}} for row in rows]
    assert load_data(spec_of(tmp_path, arc, kind="multiple_choice")).train == plain.train


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"choices": ["no", "yes"]}, "3 choices in each row, as in the first; got 2 at row 6"),
        ({"choices": ["no", "yes", ""]}, "at row 6"),
        ({"choices": ["no", "yes", 3]}, "at least two choices of text in each row"),
        ({"choices": "no, yes"}, "name a column of lists or one column per choice"),
        ({"label": 3}, "its index from 0, its letter or its text, alike in all rows; got 3"),
        ({"label": -1}, "got -1 at row 6"),
        ({"label": "D"}, "got 'D' at row 6"),
        ({"label": True}, "got True at row 6"),
        ({"label": None}, "none in row 6"),
        ({"choices": None}, "none in row 6"),
    ],
)
def test_wrong_choices(tmp_path: Path, change: Row, words: str) -> None:
    rows = make_choices()
    rows[5] |= change
    assert words in refuse(tmp_path, rows, kind="multiple_choice")


def test_labels_that_mean_two_things(tmp_path: Path) -> None:
    rows = [
        row | {"choices": ["1", "0"], "label": f"{i % 2}"} for i, row in enumerate(make_choices())
    ]
    assert "could be indices or texts" in refuse(tmp_path, rows, kind="multiple_choice")


def make_prompts(count: int = 60) -> list[Row]:
    return [{"prompt": f"text {i}", "response": f"{i % 5}"} for i in range(count)]


@pytest.mark.parametrize("kind", ["causal_lm", "seq2seq"])
def test_prompts_are_held_out_by_the_prompt_alone(tmp_path: Path, kind: str) -> None:
    rows = make_prompts() + [row | {"response": "other"} for row in make_prompts()]
    spec = spec_of(tmp_path, rows, kind=kind)
    data, test = load_data(spec), load_test(spec)
    sides = [set(split.texts) for split in (data.train, data.validation, test)]
    assert len(set().union(*sides)) == sum(map(len, sides)) == 60
    for (prompt,), response in zip(data.train.texts, data.train.labels, strict=True):
        assert response in ("other", str(int(prompt.split()[1]) % 5))
    assert data.notes == (
        "60 rows of the training data repeat an earlier prompt",
        "60 prompts of the training data have several responses",
    )


def test_fingerprint_follows_the_responses(tmp_path: Path) -> None:
    rows = make_prompts()
    first = load_data(spec_of(tmp_path, rows, kind="causal_lm")).fingerprint
    changed = [row | {"response": row["response"] + "."} for row in rows]
    assert load_data(spec_of(tmp_path, changed, kind="causal_lm")).fingerprint != first


def test_text_alone_is_its_own_target(tmp_path: Path) -> None:
    rows = [{"body": f"text {i}"} for i in range(60)]
    data = load_data(spec_of(tmp_path, rows, kind="causal_lm", text="body"))
    assert len(data.train.texts) == 42
    assert set(data.train.labels) == {""}


@pytest.mark.parametrize(("column", "value"), [("prompt", 3), ("response", ["a"])])
def test_prompts_and_responses_that_are_no_text(tmp_path: Path, column: str, value: Any) -> None:
    rows = make_prompts()
    rows[2][column] = value
    assert f"text in column '{column}'" in refuse(tmp_path, rows, kind="causal_lm")


def test_messages_end_with_the_last_answer(tmp_path: Path) -> None:
    rows = [{"messages": [USER | {"content": f"{i}"}, ANSWER, USER]} for i in range(60)]
    data = load_data(spec_of(tmp_path, rows, kind="causal_lm", messages="messages"))
    assert {json.loads(str(label))["content"] for label in data.train.labels} == {"good"}
    assert all(len(json.loads(text)) == 1 for (text,) in data.train.texts)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ("how was it", "a list of {role, content} messages"),
        ([USER], "got none at row 3"),
        ([], "got none at row 3"),
        ([{"role": "user"}, ANSWER], "text as the content of each message; got None at row 3"),
        ([{"content": "x"}, ANSWER], "got list at row 3"),
        ([USER, {"role": "assistant", "content": [{"type": "image"}]}], "text as the content"),
    ],
)
def test_wrong_messages(tmp_path: Path, messages: Any, words: str) -> None:
    rows: list[Row] = [{"m": [USER | {"content": f"{i}"}, ANSWER]} for i in range(60)]
    rows[2]["m"] = messages
    assert words in refuse(tmp_path, rows, kind="causal_lm", messages="m")


def test_saved_data_sets_give_the_same_rows(tmp_path: Path) -> None:
    rows = [{"m": [USER | {"content": f"{i}"}, ANSWER]} for i in range(60)]
    plain = spec_of(tmp_path, rows, kind="causal_lm", messages="m")
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "saved"))
    saved = plain.task.model_copy(update={"train": str(tmp_path / "saved")})
    assert load_data(plain.model_copy(update={"task": saved})).train == load_data(plain).train


def test_missing_column_names_the_nearest(tmp_path: Path) -> None:
    message = refuse(tmp_path, make_prompts(), kind="causal_lm", response="reponse")
    assert "did you mean 'response'?" in message
