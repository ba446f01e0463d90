"""Chat messages: reading them, and rendering them with the assistant's parts marked."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show

from .missing_cells import check_present
from .table import Table

Message = Mapping[str, Any]
Segment = tuple[str, bool]
"""A piece of the text, and whether it is the assistant's."""

_FORM = "a list of {role, content} messages that holds one of the assistant"
_PLAIN = "{role}: {content}\n"


def read_dialogues(table: Table, column: str) -> tuple[list[str], list[str]]:
    """The messages before the last one of the assistant, and that one, as JSON; `n` each.

    What follows the assistant's last message is left out: nothing answers it.

    Raises:
        UserError: A row is not a list of messages, or the assistant says nothing in it.
    """
    check_present(table, column)
    rows = [_check(x, i, table) for i, x in enumerate(table.columns[column], 1)]
    cut = [row[: 1 + max(i for i, x in enumerate(row) if _speaks(x))] for row in rows]
    return [_write(row[:-1]) for row in cut], [_write(row[-1]) for row in cut]


def parse_dialogue(context: str, answer: str) -> list[Message]:
    """The messages that `read_dialogues` wrote."""
    return [*json.loads(context), json.loads(answer)]


def render(tokenizer: Any, messages: Sequence[Message]) -> list[Segment]:
    """The conversation's text in pieces, in order; the last one is the assistant's.

    By the tokenizer's chat template, else as lines `role: content`. A turn of the assistant whose
    text depends on what follows it (some templates drop the reasoning of earlier turns) counts as
    context.

    Raises:
        UserError: The template refuses the messages, or does not extend a text from turn to turn.
    """
    whole = _apply(tokenizer, messages, False)
    segments: list[Segment] = []
    end = 0
    for i, message in enumerate(messages):
        if not _speaks(message):
            continue
        before = _apply(tokenizer, messages[:i], True)
        after = _apply(tokenizer, messages[: i + 1], False)
        if whole.startswith(before) and whole.startswith(after) and len(after) > len(before):
            segments += [
                (whole[end : len(before)], False),
                (whole[len(before) : len(after)], True),
            ]
            end = len(after)
    if not segments or end != len(whole):
        raise UserError(
            "a chat template that adds the last answer to the text before it",
            "another rendering",
            "use prompt and response columns",
        )
    return [segment for segment in segments if segment[0]]


def _apply(tokenizer: Any, messages: Sequence[Message], opened: bool) -> str:
    """Text of the messages; `opened` adds what stands before the assistant's words."""
    if not getattr(tokenizer, "chat_template", None):
        text = "".join(_PLAIN.format(**message) for message in messages)
        return f"{text}assistant: " if opened else text
    if not messages:
        return ""
    try:
        text = tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=opened
        )
    except Exception as error:  # templates raise what they like
        raise UserError(
            "messages that the tokenizer's chat template accepts",
            f"{type(error).__name__}: {error}",
            "correct the roles and their order",
        ) from error
    return str(text)


def _check(value: Any, row: int, table: Table) -> list[Message]:
    listed = isinstance(value, (list, tuple)) and all(isinstance(x, Mapping) for x in value)
    if not listed or not all(isinstance(x.get("role"), str) for x in value):
        got = f"{type(value).__name__} at row {row} of {table.origin}"
        raise UserError(_FORM, got, "write the messages as JSONL or Parquet")
    if wrong := [x for x in value if not isinstance(x.get("content"), str)]:
        got = f"{show(wrong[0].get('content'))} at row {row} of {table.origin}"
        raise UserError("text as the content of each message", got, "correct it")
    if not any(_speaks(x) for x in value):
        got = f"none at row {row} of {table.origin}"
        raise UserError(_FORM, got, "remove the row or correct its roles")
    return list(value)


def _speaks(message: Message) -> bool:
    return bool(message["role"] == "assistant")


def _write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
