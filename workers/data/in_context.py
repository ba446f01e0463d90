"""Prompts with solved examples in front, all of them rows of the training split."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from peftsearch.spaces.jobspec.task import TaskSpec

from .task_rows import Split

_BETWEEN = "\n\n"
_INSTRUCTING = "system"


def order_examples(responses: Sequence[str], seed: int) -> list[int]:
    """All rows in a random order in which each response comes once before any comes again, so that
    the first few examples show as many different ones as they can."""
    shuffled = np.random.default_rng(seed).permutation(len(responses)).tolist()
    seen: Counter[str] = Counter()
    rounds = {}
    for row in shuffled:
        rounds[row] = seen[responses[row]]
        seen[responses[row]] += 1
    return sorted(shuffled, key=lambda row: rounds[row])


def show_examples(task: TaskSpec, train: Split, examples: Sequence[int], split: Split) -> Split:
    """A split whose prompts begin with training rows and their responses: of messages as earlier
    turns, else as text, with a space between the two where the data have none.

    Args:
        examples: Rows of `train`, in the order in which they stand in the prompt.
    """
    shown = train.pick(examples)
    if task.messages is not None:
        prompts = [_begin_dialogue(shown, context) for (context,) in split.texts]
    else:
        begin = "".join(
            f"{_join(prompt, str(answer))}{_BETWEEN}"
            for (prompt,), answer in zip(shown.texts, shown.labels, strict=True)
        )
        prompts = [begin + prompt for (prompt,) in split.texts]
    return replace(split, texts=[(prompt,) for prompt in prompts])


def _join(prompt: str, answer: str) -> str:
    apart = prompt[-1:].isspace() or answer[:1].isspace()
    return prompt + ("" if apart else " ") + answer


def end_answers(task: TaskSpec, train: Split, answers: Sequence[str]) -> list[str]:
    """Answers without what comes after them, where a model has gone on with an example of its own.
    Nothing is cut where a response of the training rows holds what would end it."""
    chat = task.messages is not None
    end = "\n" if chat else _BETWEEN
    responses = [json.loads(str(x))["content"] if chat else str(x) for x in train.labels]
    if any(end in response.strip() for response in responses):
        return list(answers)
    return [answer.strip().split(end)[0] for answer in answers]


def _begin_dialogue(shown: Split, context: str) -> str:
    """The row's own instructions stay in front; those of the examples are left out."""
    messages = json.loads(context)
    solved = [
        message
        for (before,), answer in zip(shown.texts, shown.labels, strict=True)
        for message in [*json.loads(before), json.loads(str(answer))]
        if message["role"] != _INSTRUCTING
    ]
    own = [message["role"] == _INSTRUCTING for message in messages]
    lead = own.index(False) if False in own else len(own)
    whole = [*messages[:lead], *solved, *messages[lead:]]
    return json.dumps(whole, ensure_ascii=False, sort_keys=True)
