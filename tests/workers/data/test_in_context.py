"""Prompts with examples: which rows, in which words."""

import json

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.data.in_context import end_answers, order_examples, show_examples
from peftsearch.workers.data.task_rows import Split

TEXT = TaskSpec(kind="causal_lm", train="x", prompt="prompt", response="response")
CHAT = TaskSpec(kind="causal_lm", train="x", messages="messages")


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _dialogue(context: list[dict[str, str]], answer: str) -> Split:
    return Split([(json.dumps(context),)], [json.dumps(_turn("assistant", answer))])


def test_first_examples_have_different_responses() -> None:
    responses = ["a"] * 50 + ["b"] * 5 + ["c"] * 5
    order = order_examples(responses, 0)
    assert sorted(order) == list(range(60))
    assert {responses[i] for i in order[:3]} == {"a", "b", "c"}
    assert {responses[i] for i in order[3:6]} == {"a", "b", "c"}
    assert order == order_examples(responses, 0) != order_examples(responses, 1)


def test_texts_are_joined_with_a_space_where_the_data_have_none() -> None:
    train = Split([("2+2=",), ("1+1:\n",), ("3+1",), ("",)], ["4", "2", " =4", "5"])
    asked = Split([("5+1=",)], ["6"])
    shown = show_examples(TEXT, train, [1, 0, 2, 3], asked)
    assert shown == Split([("1+1:\n2\n\n2+2= 4\n\n3+1 =4\n\n 5\n\n5+1=",)], ["6"])


def test_dialogues_become_earlier_turns_after_the_rows_own_instructions() -> None:
    rules, old = _turn("system", "be brief"), _turn("system", "be long")
    train = Split(
        [(json.dumps([old, _turn("user", "hi")]),)], [json.dumps(_turn("assistant", "ho"))]
    )
    asked = Split(
        [(json.dumps([rules, _turn("user", "you?")]),)], [json.dumps(_turn("assistant", "I"))]
    )
    shown = show_examples(CHAT, train, [0], asked)
    assert [tuple(x.values()) for x in json.loads(shown.texts[0][0])] == [
        ("be brief", "system"),
        ("hi", "user"),
        ("ho", "assistant"),
        ("you?", "user"),
    ]
    assert shown.labels == asked.labels


def test_an_answer_ends_where_the_next_example_would_begin() -> None:
    train = Split([("p",)], ["one word"])
    assert end_answers(TEXT, train, ["\n yes\n\n2+2=4", "no"]) == ["yes", "no"]
    essays = Split([("p",)], ["one\n\ntwo"])
    assert end_answers(TEXT, essays, ["a\n\nb"]) == ["a\n\nb"]
    chat = Split([("p",)], [json.dumps(_turn("assistant", "ho\n"))])
    assert end_answers(CHAT, chat, ["ho\nuser: hi"]) == ["ho"]
