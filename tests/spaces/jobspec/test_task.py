"""Task sections: the columns of each kind, and one clear line for those that do not belong."""

from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import KINDS


def make_task(**task: Any) -> TaskSpec:
    return parse(task).task


def parse(task: dict[str, Any]) -> JobSpec:
    data = {"name": "job", "model": {"path": "m"}, "budget": {"trials": 1}}
    return parse_spec(data | {"task": {"train": "train.jsonl"} | task})


@pytest.mark.parametrize(
    ("task", "columns", "quality"),
    [
        ({}, ("text", "label"), "accuracy"),
        ({"kind": "regression"}, ("text", "label"), "pearson"),
        ({"kind": "multiple_choice"}, ("text", "choices", "label"), "accuracy"),
        (
            {"kind": "multiple_choice", "text": ["a", "b"], "choices": ["c", "d"], "label": "e"},
            ("a", "b", "c", "d", "e"),
            "accuracy",
        ),
        ({"kind": "causal_lm"}, ("prompt", "response"), "loss"),
        ({"kind": "causal_lm", "response": "answer"}, ("prompt", "answer"), "loss"),
        ({"kind": "causal_lm", "messages": "turns"}, ("turns",), "loss"),
        ({"kind": "causal_lm", "text": "body"}, ("body",), "loss"),
        ({"kind": "seq2seq", "prompt": "source"}, ("source", "response"), "loss"),
        ({"kind": "image_classification"}, ("image", "label"), "accuracy"),
    ],
)
def test_columns_and_default_metric(
    task: dict[str, Any], columns: tuple[str, ...], quality: str
) -> None:
    spec = parse(task)
    assert spec.task.columns == columns
    assert spec.task.quality == quality
    assert parse_spec(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"kind": "causal_lm", "label": "label"}, "got task.label; remove task.label"),
        ({"kind": "causal_lm", "text": "t", "prompt": "p"}, "task.prompt beside task.text"),
        ({"kind": "causal_lm", "messages": "m", "text": "t"}, "task.text beside task.messages"),
        ({"kind": "seq2seq", "text": "t"}, "the columns of seq2seq (prompt, response)"),
        ({"kind": "seq2seq", "messages": "m"}, "got task.messages"),
        ({"prompt": "p"}, "the columns of classification (text, label); got task.prompt"),
        ({"choices": "c"}, "got task.choices"),
        ({"image": "i"}, "got task.image"),
        ({"kind": "image_classification", "text": "t"}, "got task.text"),
        ({"kind": "multiple_choice", "choices": ["a"]}, "at least two columns"),
        ({"kind": "multiple_choice", "choices": 3}, "a column of lists"),
        (
            {"kind": "multiple_choice", "metric": "f1"},
            "a metric of multiple_choice among accuracy, log_loss; got 'f1'",
        ),
        ({"kind": "causal_lm", "metric": "accuracy"}, "loss, perplexity, exact_match"),
        ({"kind": "causal_lm", "text": "t", "metric": "exact_match"}, "which has no response"),
        ({"label": "text"}, "got 'text' for both; correct task.label"),
        ({"kind": "regression", "text": ["a", "b"], "label": "b"}, "'b' for both"),
        ({"kind": "multiple_choice", "choices": ["a", "b"], "label": "a"}, "'a' for both"),
        ({"kind": "image_classification", "image": "label"}, "'label' for both"),
        ({"kind": "causal_lm", "prompt": "p", "response": "p"}, "correct task.response"),
        ({"kind": "seq2seq", "prompt": "response"}, "correct task.response"),
        ({"kind": "ranking"}, "'image_classification'"),
    ],
)
def test_refused(task: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(task)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_kind_has_metrics_with_a_direction() -> None:
    assert {name for row in KINDS.own.values() for name in row.qualities} < set(OBJECTIVES)
    assert not OBJECTIVES["loss"].maximise and not OBJECTIVES["perplexity"].maximise
    assert OBJECTIVES["exact_match"].maximise


def test_language_models_have_no_label() -> None:
    found = {kind for kind in KINDS if not KINDS[kind].form.fresh_head}
    assert found == {"causal_lm", "seq2seq"}
    assert all((make_task(kind=kind).label is None) == (kind in found) for kind in KINDS)


@pytest.mark.parametrize("name", sorted({x for row in KINDS.own.values() for x in row.qualities}))
def test_best_is_better_than_worst(name: str) -> None:
    goal = OBJECTIVES[name]
    assert goal.signed(goal.best) > goal.signed(goal.worst)
