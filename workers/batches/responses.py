"""Prompts and responses as tokens, with the loss on the responses alone.

Prompt and response are joined as they stand in the data: a space or a line break between them
belongs into one of the two. They are tokenised apart, so that a prompt has the same tokens in
training and in generation. The response ends with the end-of-text token. Chat messages are
rendered by `dialogues`.

Where an example is longer than the limit, its prompt loses its beginning; a response loses its
end only where it alone is too long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.data.dialogues import Segment, parse_dialogue, render
from peftsearch.workers.data.task_rows import Split

from .batching import IGNORED, Row
from .encodings import EncodedResponses
from .tokens import filler, keep_end, tokenise

Piece = tuple[list[int], bool]
"""Tokens, and whether the loss is on them."""


@dataclass(frozen=True)
class _Example:
    row: Row
    prompt: list[int]
    cut: bool


def encode_decoder(task: TaskSpec, tokenizer: Any, split: Split) -> EncodedResponses:
    """Examples for a decoder, `n`.

    Raises:
        UserError: The chat template does not fit the messages.
    """
    texts, special = _segments(task, tokenizer, split)
    pieces = _tokenise_segments(tokenizer, texts, special)
    examples = [_join(tokenizer, row, task.tokens) for row in pieces]
    spoken = [""] * len(pieces) if task.text else _responses(task, tokenizer, split, pieces)
    return _collect(tokenizer, examples, spoken)


def encode_encoder_decoder(task: TaskSpec, tokenizer: Any, split: Split) -> EncodedResponses:
    """Examples for an encoder-decoder, `n`: the prompt for the encoder, the response as labels."""
    prompts = tokenise(tokenizer, [text for (text,) in split.texts], True)
    responses = [str(label) for label in split.labels]
    answers = tokenizer(text_target=responses, padding=False, truncation=False)["input_ids"]
    examples = []
    for prompt, answer in zip(prompts, answers, strict=True):
        ids = keep_end(prompt or [filler(tokenizer)], task.tokens, tokenizer.bos_token_id)
        whole = _close(tokenizer, list(answer))
        labels = whole[: task.tokens]
        cut = len(ids) < len(prompt) or len(labels) < len(whole)
        examples.append(_Example(_row(ids, labels), ids, cut))
    return _collect(tokenizer, examples, responses)


def _segments(task: TaskSpec, tokenizer: Any, split: Split) -> tuple[list[list[Segment]], bool]:
    """The text of each row in pieces, and whether the tokenizer adds its special tokens."""
    labels = [str(label) for label in split.labels]
    rows = zip(split.texts, labels, strict=True)
    if task.messages is not None:
        dialogues = [parse_dialogue(text, answer) for (text,), answer in rows]
        # A chat template writes the special tokens itself.
        special = not getattr(tokenizer, "chat_template", None)
        return [render(tokenizer, messages) for messages in dialogues], special
    if task.text is not None:
        return [[(text, True)] for (text,) in split.texts], True
    return [[(text, False), (answer, True)] for (text,), answer in rows], True


def _tokenise_segments(
    tokenizer: Any, rows: Sequence[Sequence[Segment]], special: bool
) -> list[list[Piece]]:
    first = tokenise(tokenizer, [row[0][0] for row in rows], special)
    later = iter(tokenise(tokenizer, [text for row in rows for text, _ in row[1:]], False))
    pieces: list[list[Piece]] = []
    for row, ids in zip(rows, first, strict=True):
        opened = ids[:-1] if ids and ids[-1] == tokenizer.eos_token_id else ids
        rest = [(next(later), own) for _, own in row[1:]]
        pieces.append([(opened, row[0][1]), *rest])
        last, own = pieces[-1][-1]
        pieces[-1][-1] = _close(tokenizer, last), own
    return pieces


def _close(tokenizer: Any, ids: list[int]) -> list[int]:
    """With the end-of-text token, without which generation would not stop."""
    end = tokenizer.eos_token_id
    # A chat template may put a line break after it.
    return ids if end is None or end in ids[-2:] else [*ids, end]


def _join(tokenizer: Any, pieces: Sequence[Piece], limit: int) -> _Example:
    answer = pieces[-1][0]
    context = [x for ids, _ in pieces[:-1] for x in ids]
    marks = [x if own else IGNORED for ids, own in pieces[:-1] for x in ids]
    if not context and (len(pieces) > 1 or len(answer) < 2):
        first = tokenizer.bos_token_id
        context, marks = [filler(tokenizer) if first is None else first], [IGNORED]
    whole = len(context) + len(answer)
    room = max(min(1, len(context)), limit - len(answer))
    prompt = keep_end(context, room, tokenizer.bos_token_id)
    labels = marks[len(marks) - len(prompt) :] + answer
    ids = prompt + answer
    ids, labels = ids[:limit], labels[:limit]
    labels[0] = IGNORED  # nothing stands before it from which it could be predicted
    return _Example(_row(ids, labels), prompt, len(ids) < whole)


def _row(ids: list[int], labels: list[int]) -> Row:
    return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}


def _responses(
    task: TaskSpec, tokenizer: Any, split: Split, pieces: Sequence[Sequence[Piece]]
) -> list[str]:
    """What a generated text is compared with. A template may add to the assistant's words, so of
    messages it is what the tokens say."""
    if task.messages is None:
        return [str(label) for label in split.labels]
    return [str(tokenizer.decode(row[-1][0], skip_special_tokens=True)) for row in pieces]


def _collect(
    tokenizer: Any, examples: Sequence[_Example], responses: Sequence[str]
) -> EncodedResponses:
    padding = {"input_ids": tokenizer.pad_token_id, "attention_mask": 0, "labels": IGNORED}
    return EncodedResponses(
        [example.row for example in examples],
        [example.prompt for example in examples],
        list(responses),
        padding,
        sum(example.cut for example in examples),
    )
