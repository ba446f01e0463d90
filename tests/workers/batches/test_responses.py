"""Prompts and responses as tokens: where the loss is, what is cut, how messages are rendered."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.batches.batching import IGNORED
from peftsearch.workers.batches.encoding import encode_split, note_cuts
from peftsearch.workers.batches.encodings import EncodedResponses
from peftsearch.workers.batches.tokens import keep_end
from peftsearch.workers.data.dialogues import parse_dialogue, read_dialogues, render
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_rows import Split
from tests.workers.families import save_tokenizer

CHAT = (
    "{% for m in messages %}<s>{{ m['role'] }} {{ m['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant {% endif %}"
)
FORGETFUL = (
    "{% for m in messages %}<s>{{ m['role'] }} "
    "{% if m['role'] == 'assistant' and loop.last %}very {% endif %}"
    "{{ m['content'] }}</s>{% endfor %}{% if add_generation_prompt %}<s>assistant {% endif %}"
)
"""As of reasoning models: only the last answer keeps its reasoning."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words")
    save_tokenizer(path)
    return path


@pytest.fixture
def tokenizer(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder)


def encode(tokenizer: Any, texts: list[str], labels: list[str], **task: Any) -> EncodedResponses:
    spec = TaskSpec.model_validate({"kind": "causal_lm", "train": "x", "max_length": 16} | task)
    encoded = encode_split(spec, tokenizer, Split([(text,) for text in texts], labels))
    assert isinstance(encoded, EncodedResponses)
    return encoded


def words(tokenizer: Any, ids: Any) -> str:
    shown = ["_" if i == IGNORED else str(tokenizer.convert_ids_to_tokens(int(i))) for i in ids]
    return " ".join(shown)


def messages(tokenizer: Any, *contents: str, **task: Any) -> EncodedResponses:
    roles = ("user", "assistant")
    turns = [{"role": roles[i % 2], "content": x} for i, x in enumerate(contents)]
    texts, labels = read_dialogues(Table("x", {"m": [turns]}), "m")
    return encode(tokenizer, texts, labels, messages="m", **task)


def test_loss_is_on_the_response_and_its_end_alone(tokenizer: Any) -> None:
    data = encode(tokenizer, ["the film was", "a plot"], ["very good", "bad"])
    batch = data.batch([0, 1])
    assert [words(tokenizer, row) for row in batch["input_ids"]] == [
        "the film was very good </s>",
        "a plot bad </s> <pad> <pad>",
    ]
    assert [words(tokenizer, row) for row in batch["labels"]] == [
        "_ _ _ very good </s>",
        "_ _ bad </s> _ _",
    ]
    assert batch["attention_mask"].tolist() == [[1] * 6, [1] * 4 + [0, 0]]
    assert [words(tokenizer, ids) for ids in data.prompts] == ["the film was", "a plot"]
    assert data.labels.tolist() == [3, 2]
    assert list(data.responses) == ["very good", "bad"]


def test_of_a_text_every_token_but_the_first_counts(tokenizer: Any) -> None:
    data = encode(tokenizer, ["the film was good"], [""], text="text")
    assert words(tokenizer, data.rows[0]["labels"]) == "_ film was good </s>"
    assert data.labels.tolist() == [4]


def test_encoder_decoder_has_the_prompt_and_the_response_apart(tokenizer: Any) -> None:
    data = encode(tokenizer, ["the film was", "a"], ["good", "very very bad"], kind="seq2seq")
    batch = data.batch([0, 1])
    assert [words(tokenizer, x) for x in batch["input_ids"]] == ["the film was", "a <pad> <pad>"]
    assert [words(tokenizer, x) for x in batch["labels"]] == [
        "good </s> _ _",
        "very very bad </s>",
    ]
    assert data.labels.tolist() == [2, 4]
    assert data.lengths == [3, 4]


def test_a_long_prompt_loses_its_beginning_and_is_counted(tokenizer: Any) -> None:
    prompts = ["bad " * 20 + "film was", "the film was"]
    data = encode(tokenizer, prompts, ["very good", "bad"], max_length=8)
    assert words(tokenizer, data.rows[0]["input_ids"]) == "bad bad bad film was very good </s>"
    assert words(tokenizer, data.rows[0]["labels"]) == "_ _ _ _ _ very good </s>"
    assert data.cut == 1
    task = TaskSpec(kind="causal_lm", train="x", max_length=8)
    (note,) = note_cuts(task, "train", data)
    assert note.startswith("1 of 2 train rows (50.0%) is longer than max_length = 8 tokens")


def test_a_response_that_is_too_long_keeps_its_beginning(tokenizer: Any) -> None:
    data = encode(tokenizer, ["the film was"], ["good " * 20], max_length=8)
    assert words(tokenizer, data.rows[0]["input_ids"]) == "was good good good good good good good"
    assert data.labels.tolist() == [7]
    two = encode(tokenizer, ["bad " * 20], ["good " * 20], max_length=8, kind="seq2seq")
    assert [len(two.rows[0][x]) for x in ("input_ids", "labels")] == [8, 8]
    assert (data.cut, two.cut) == (1, 1)


@given(
    st.lists(st.integers(2, 9), max_size=12),
    st.integers(1, 14),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_kept_tokens_are_the_last_ones(
    ids: list[int], room: int, first: int | None, opened: bool
) -> None:
    whole = [1, *ids] if opened else ids
    kept = keep_end(whole, room, first)
    assert len(kept) == min(room, len(whole))
    if first is not None and opened and room > 1:
        assert kept[0] == 1 and kept[1:] == whole[1:][len(whole) - len(kept) :]
    else:
        assert kept == whole[len(whole) - len(kept) :]


def test_messages_by_the_chat_template(tokenizer: Any) -> None:
    tokenizer.chat_template = CHAT
    data = messages(tokenizer, "the film", "good", "a plot", "very bad", max_length=32)
    unk = "<unk>"  # the names of the roles, which the vocabulary lacks
    assert words(tokenizer, data.rows[0]["input_ids"]) == (
        f"<s> {unk} the film </s> <s> {unk} good </s> <s> {unk} a plot </s> "
        f"<s> {unk} very bad </s>"
    )
    assert words(tokenizer, data.rows[0]["labels"]) == (
        "_ _ _ _ _ _ _ good </s> _ _ _ _ _ _ _ very bad </s>"
    )
    assert words(tokenizer, data.prompts[0][-2:]) == f"<s> {unk}"
    assert list(data.responses) == ["very bad"]
    assert data.labels.tolist() == [5]


def test_messages_without_a_template_are_lines(tokenizer: Any) -> None:
    texts, labels = read_dialogues(
        Table(
            "x", {"m": [[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]]}
        ),
        "m",
    )
    segments = render(tokenizer, parse_dialogue(texts[0], labels[0]))
    assert segments == [("user: a\nassistant: ", False), ("b\n", True)]


def test_turns_that_a_template_rewrites_later_are_context(tokenizer: Any) -> None:
    tokenizer.chat_template = FORGETFUL
    data = messages(tokenizer, "the film", "good", "a plot", "bad", max_length=32)
    assert words(tokenizer, data.rows[0]["labels"]).replace("_ ", "") == "very bad </s>"


def test_a_template_that_refuses_or_rewrites_everything(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ raise_exception('roles must alternate') }}"
    with pytest.raises(UserError, match="chat template accepts; got .*roles must alternate"):
        messages(tokenizer, "a", "b")
    tokenizer.chat_template = "{{ messages | length }} turns"
    with pytest.raises(UserError, match="adds the last answer to the text before it"):
        messages(tokenizer, "a", "b")


def test_begin_token_survives_the_cut_and_ends_are_not_doubled(tokenizer: Any) -> None:
    tokenizer.chat_template = CHAT
    data = messages(tokenizer, "bad " * 20, "good", max_length=8)
    assert words(tokenizer, data.rows[0]["input_ids"]).startswith("<s> bad")
    assert words(tokenizer, data.rows[0]["input_ids"]).endswith("good </s>")
    assert len(data.rows[0]["input_ids"]) == 8


def test_prompt_without_tokens_still_opens_the_response(tokenizer: Any) -> None:
    data = encode(tokenizer, [" "], ["good"])
    assert words(tokenizer, data.rows[0]["input_ids"]) == "<s> good </s>"
    assert data.labels.tolist() == [2]


def test_head_keeps_rows_together(tokenizer: Any) -> None:
    data = encode(tokenizer, ["the film was", "a plot"], ["good", "bad"]).head(1)
    assert (len(data), len(data.prompts), list(data.responses)) == (1, 1, ["good"])
    assert torch.equal(data.labels, torch.tensor([2]))
