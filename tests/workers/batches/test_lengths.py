"""The length of texts that a job does not give."""

from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from peftsearch.spaces.jobspec.task import LONGEST, TaskSpec
from peftsearch.workers.batches.encoding import encode_choices, encode_texts, note_cuts
from peftsearch.workers.batches.lengths import choose_length
from peftsearch.workers.data.task_rows import Split


@pytest.mark.parametrize(
    ("words", "positions", "expected"),
    [
        ([9] * 198 + [100] * 2, None, 16),  # 99 of 100, rounded up to a multiple of 8
        ([9] * 196 + [100] * 4, None, 104),
        ([1] * 20, None, 8),
        ([600] * 20, None, LONGEST),
        ([100] * 20, 60, 60),  # what the model reads is no multiple of 8
    ],
)
def test_the_length_follows_the_rows_and_the_model(
    folders: dict[str, Path], words: list[int], positions: int | None, expected: int
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folders["llama"])
    split = Split([("good " * n,) for n in words], [0] * len(words))
    task = TaskSpec(train="x")
    chosen = choose_length(task, tokenizer, split, positions)
    assert chosen.tokens == expected
    given = TaskSpec(train="x", max_length=128)
    assert choose_length(given, tokenizer, split, positions) == given


def test_pairs_are_measured_together_and_responses_with_their_prompts(
    folders: dict[str, Path],
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folders["llama"])
    pair = Split([("good " * 20, "bad " * 20)] * 8, [0] * 8)
    assert choose_length(TaskSpec(train="x", text=("a", "b")), tokenizer, pair, None).tokens == 40
    answers = Split([("good " * 20,)] * 8, ["bad " * 20] * 8)
    task = TaskSpec(train="x", kind="causal_lm")
    assert choose_length(task, tokenizer, answers, None).tokens == 48  # with the end of the text


def test_texts_that_are_cut_are_counted_in_every_kind(folders: dict[str, Path]) -> None:
    tokenizer, labels = AutoTokenizer.from_pretrained(folders["bert"]), torch.tensor([0, 1, 0])
    long, short = "good " * 20, "bad film"
    data = encode_texts(tokenizer, [[long, short, "the " * 8]], labels, max_length=8)
    assert (data.cut, data.lengths) == (1, [8, 2, 8])
    task = TaskSpec(train="x", max_length=8)
    (note,) = note_cuts(task, "training", data)
    assert note == "1 of 3 training rows (33.3%) is longer than max_length = 8 tokens: " + (
        "their texts lose their end"
    )
    rows: list[tuple[str, ...]] = [("the film", long, long), ("the", short, short)]
    choices = encode_choices(tokenizer, rows, 1, labels[:2], max_length=8)
    assert choices.cut == 1  # an example, whose choices are both too long
    assert note_cuts(task, "training", encode_texts(tokenizer, [[short]], labels[:1], 8)) == ()


def test_a_cut_row_is_what_the_tokenizer_cuts(folders: dict[str, Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folders["roberta"])
    pairs = [["good " * 9, "the " * 3], ["bad " * 4, "film " * 9]]
    data = encode_texts(tokenizer, pairs, torch.tensor([0, 1]), max_length=8)
    cut = tokenizer(*pairs, truncation=True, max_length=8)["input_ids"]
    assert [row["input_ids"] for row in data.rows] == cut
