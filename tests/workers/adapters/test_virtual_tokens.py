"""Virtual tokens and prefixes in front of padded batches, labels and caches."""

from typing import Any

import pytest
import torch
from torch import nn

from tests.workers.subjects import (
    LENGTHS,
    SIZE,
    Subject,
    added,
    make_subject,
    make_words,
    shake,
)


@pytest.mark.parametrize(
    "technique", ["prefix", "prompt", "p_tuning", "lopa", "dept", "cpt", "iapt"]
)
@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("bert", "classification"),
        ("roberta", "classification"),
        ("distilbert", "classification"),
        ("modernbert", "classification"),
        ("llama", "classification"),
        ("gemma3_text", "classification"),
        ("llama", "causal_lm"),
        ("gpt2", "causal_lm"),
    ],
)
def test_predictions_of_a_row_do_not_depend_on_padding(
    family: str, kind: str, technique: str
) -> None:
    subject = make_subject(family, kind)
    ids, mask = subject.batch.values()
    with added(subject, subject.only(technique)) as additions, torch.no_grad():
        shake(additions)
        padded = subject.model(**subject.batch).logits
        for row, length in enumerate(LENGTHS):
            alone = subject.model(input_ids=ids[row : row + 1, :length]).logits[0]
            logits = padded[row, :length] if kind == "causal_lm" else padded[row]
            assert torch.allclose(logits, alone, atol=1e-5)
            if subject.anatomy.causal:
                shift = ids.shape[1] - length
                moved = {
                    "input_ids": ids[row].roll(shift),
                    "attention_mask": mask[row].roll(shift),
                }
                left = subject.model(**{k: v[None] for k, v in moved.items()}).logits[0]
                logits = left[shift:] if kind == "causal_lm" else left
                assert torch.allclose(logits, alone, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta", "electra"])
def test_encoder_reads_virtual_tokens_after_its_first_and_words_keep_their_positions(
    family: str,
) -> None:
    subject = make_subject(family, "classification")
    states: list[torch.Tensor] = []
    handle = subject.model.base_model.embeddings.register_forward_hook(
        lambda _, x, output: states.append(output)
    )
    short = {name: x[:, :5] for name, x in subject.batch.items()}
    with torch.no_grad():
        subject.model(**short)
        with added(subject, subject.only("prompt")):
            subject.model(**short)
    handle.remove()
    without, with_tokens = states
    assert with_tokens.shape[1] == 5 + SIZE
    assert torch.allclose(with_tokens[:, 0], without[:, 0], atol=1e-6)
    assert torch.allclose(with_tokens[:, 1 + SIZE :], without[:, 1:], atol=1e-6)


def test_texts_may_stay_as_long_as_the_position_table(subjects: dict[str, Subject]) -> None:
    subject = subjects["bert"]
    with added(subject, subject.only("prompt")), torch.no_grad():
        logits = subject.model(**make_words((64,))).logits
    assert logits.isfinite().all()


def test_virtual_tokens_serve_each_choice_of_a_question() -> None:
    subject = make_subject("bert", "multiple_choice")
    choices = {name: x[None] for name, x in subject.batch.items()}
    with added(subject, subject.only("prompt")) as additions, torch.no_grad():
        shake(additions)
        together = subject.model(**choices).logits[0]
        alone = [
            subject.model(**{name: x[:, i : i + 1] for name, x in choices.items()}).logits[0, 0]
            for i in range(3)
        ]
    assert torch.allclose(together, torch.stack(alone), atol=1e-5)


def test_loss_of_a_language_model_counts_no_virtual_token(subjects: dict[str, Subject]) -> None:
    subject = subjects["gpt2"]
    labels = subject.batch["input_ids"].masked_fill(subject.batch["attention_mask"] == 0, -100)
    with added(subject, subject.only("prompt")), torch.no_grad():
        output = subject.model(**subject.batch, labels=labels)
    expected = nn.functional.cross_entropy(
        output.logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten()
    )
    assert output.logits.shape[:2] == labels.shape
    assert torch.allclose(output.loss, expected)


@pytest.mark.parametrize(
    "technique", ["serial", "parallel", "prefix", "prompt", "p_tuning", "dept", "cpt", "apt"]
)
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_generation_with_a_cache_says_what_it_says_without(family: str, technique: str) -> None:
    subject = make_subject(family, "causal_lm")
    left = {
        name: torch.stack([x.roll(9 - n) for x, n in zip(rows, LENGTHS, strict=True)])
        for name, rows in subject.batch.items()
    }
    with added(subject, subject.only(technique)) as additions:
        shake(additions)
        cached = _generate(subject.model, **left)
        plain = _generate(subject.model, **left, use_cache=False)
        alone = _generate(subject.model, input_ids=left["input_ids"][1:2, 4:])
    assert torch.allclose(cached, plain, atol=1e-4)
    assert torch.allclose(cached[:, 1:2], alone, atol=1e-4)


def _generate(model: Any, **inputs: Any) -> torch.Tensor:
    """Logits of 6 greedy steps, `6 x b x vocabulary`."""
    options = {"max_new_tokens": 6, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    options |= {"output_logits": True, "return_dict_in_generate": True}
    return torch.stack(model.generate(**inputs, **options).logits)
