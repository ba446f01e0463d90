from itertools import islice
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from peftsearch.workers.batches.batching import evaluation_batches, training_batches
from peftsearch.workers.batches.encoding import encode_texts
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.training.inference import predict_logits
from tests.workers.tiny import FAMILIES

_LENGTHS = st.lists(st.integers(1, 50), min_size=1, max_size=300)


@given(lengths=_LENGTHS, size=st.integers(1, 40), seed=st.integers(0, 99))
def test_an_epoch_holds_every_row_once(lengths: list[int], size: int, seed: int) -> None:
    batches = training_batches(lengths, size, torch.Generator().manual_seed(seed))
    n = -(-len(lengths) // size)
    for _ in range(2):
        epoch = list(islice(batches, n))
        assert sorted(i for batch in epoch for i in batch) == list(range(len(lengths)))
        assert max(map(len, epoch)) <= size


@given(lengths=_LENGTHS, size=st.integers(1, 40))
def test_evaluation_sees_every_row_once(lengths: list[int], size: int) -> None:
    batches = evaluation_batches(lengths, size)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))


@given(lengths=_LENGTHS, size=st.integers(1, 40))
def test_evaluation_begins_with_the_longest(lengths: list[int], size: int) -> None:
    """No batch takes longer than one before it: progress is never ahead of the time it takes."""
    longest = [max(lengths[i] for i in batch) for batch in evaluation_batches(lengths, size)]
    assert longest == sorted(longest, reverse=True)
    least = [min(lengths[i] for i in batch) for batch in evaluation_batches(lengths, size)]
    assert least == sorted(least, reverse=True)


def test_order_depends_on_the_seed_and_changes_by_epoch() -> None:
    lengths = list(range(1, 65))

    def draw(seed: int) -> list[list[int]]:
        return list(islice(training_batches(lengths, 8, torch.Generator().manual_seed(seed)), 16))

    assert draw(1) == draw(1) != draw(2)
    assert draw(1)[:8] != draw(1)[8:]


def test_batches_hold_similar_lengths() -> None:
    """Padding within a pool is far below that of random batches."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(5, 60, (512,), generator=generator).tolist()
    batches = list(islice(training_batches(lengths, 16, generator), 32))
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    assert padded < 1.1 * sum(lengths)


def test_pairs_are_padded_to_the_longest_and_masked(folders: dict[str, Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folders["bert"])
    columns = [["good film", "the"], ["bad plot", "a"]]
    data = encode_texts(tokenizer, columns, torch.tensor([1, 0]), max_length=16)
    words = ("good", "film", "bad", "plot", "the", "a")
    good, film, bad, plot, the, a = (tokenizer.get_vocab()[word] for word in words)
    batch = data.batch([1, 0])
    assert batch["input_ids"].tolist() == [[the, a, 0, 0], [good, film, bad, plot]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert batch["labels"].tolist() == [0, 1]


def test_long_texts_are_cut(folders: dict[str, Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folders["llama"])
    data = encode_texts(tokenizer, [["good " * 100]], torch.tensor([0]), max_length=8)
    assert data.lengths == [8]


@pytest.mark.parametrize("family", FAMILIES)
def test_text_without_tokens_can_still_be_read(
    family: str, backbones: dict[str, Backbone]
) -> None:
    backbone = backbones[family]
    data = encode_texts(
        backbone.tokenizer, [["", "good film"]], torch.tensor([0, 1]), max_length=8
    )
    logits = predict_logits(backbone.model, data, "cpu")
    assert data.lengths[0] >= 1
    assert torch.isfinite(logits).all()
