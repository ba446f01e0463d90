"""The mean over tokens, by numbers: which positions it counts, with modules attached too."""

from typing import Any

import pytest
import torch

from peftsearch.workers.models.pooled_head import replace_head
from tests.workers.subjects import LENGTHS, SIZE, Subject, added, make_subject, shake

BODIES = {"bert": "encoder", "roberta": "encoder", "distilbert": "transformer"}
"""The module that gives a base model's states, before virtual positions are cut out of them."""
TECHNIQUES = ["prompt", "prefix", "p_tuning"]


def _pooled(family: str, kind: str, outputs: int = 2) -> Subject:
    subject = make_subject(family, kind)
    torch.manual_seed(0)
    replace_head(subject.model, "mean", outputs).requires_grad_(False)
    return subject


def _predict(subject: Subject, **inputs: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = subject.model(**(inputs or subject.batch)).logits
    return logits


@pytest.mark.parametrize("technique", TECHNIQUES)
@pytest.mark.parametrize("family", BODIES)
def test_virtual_tokens_and_padding_are_not_averaged_in(family: str, technique: str) -> None:
    subject = _pooled(family, "classification")
    seen: list[torch.Tensor] = []
    body: Any = getattr(subject.model.base_model, BODIES[family])
    handle = body.register_forward_hook(lambda module, given, output: seen.append(output[0]))
    plain = _predict(subject)
    with added(subject, subject.only(technique)) as additions:
        shake(additions)
        found = _predict(subject)
    handle.remove()
    virtual = 0 if technique == "prefix" else SIZE
    assert [x.shape[1] for x in seen] == [max(LENGTHS), max(LENGTHS) + virtual]
    head = subject.model.pooled_classifier
    for row, length in enumerate(LENGTHS):
        states = seen[1][row]
        words = [states[0], *states[1 + virtual : virtual + length]]
        expected = head(torch.stack(words).mean(dim=0))
        torch.testing.assert_close(found[row], expected, atol=1e-5, rtol=1e-5)
        if virtual:  # the sum would show them
            wrong = head(states[: virtual + length].mean(dim=0))
            assert not torch.allclose(found[row], wrong, atol=1e-3)
    assert not torch.allclose(found, plain, atol=1e-3)
    assert torch.equal(_predict(subject), plain)


@pytest.mark.parametrize("technique", TECHNIQUES)
@pytest.mark.parametrize("family", [*BODIES, "modernbert", "electra", "mpnet"])
def test_what_stands_beside_a_row_changes_nothing(family: str, technique: str) -> None:
    subject = _pooled(family, "classification")
    configuration = subject.only(technique)
    with added(subject, configuration) as additions:
        shake(additions)
        together = _predict(subject)
        for row, length in enumerate(LENGTHS):
            alone = {name: x[row : row + 1, :length] for name, x in subject.batch.items()}
            unpadded = _predict(subject, input_ids=alone["input_ids"])
            torch.testing.assert_close(unpadded[0], together[row], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_each_choice_is_averaged_by_itself(technique: str) -> None:
    subject = _pooled("bert", "multiple_choice", 1)
    choices = {name: x[None] for name, x in subject.batch.items()}
    with added(subject, subject.only(technique)) as additions:
        shake(additions)
        together = _predict(subject, **choices)
        assert together.shape == (1, len(LENGTHS))
        for i, length in enumerate(LENGTHS):
            one = subject.batch["input_ids"][i][None, None, :length]
            alone = _predict(subject, input_ids=one)
            torch.testing.assert_close(alone[0, 0], together[0, i], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", ["vit", "dinov2"])
@pytest.mark.parametrize("technique", [None, "prefix"])
def test_of_images_the_patches_are_averaged(family: str, technique: str | None) -> None:
    subject = _pooled(family, "image_classification")
    configuration = subject.configure() if technique is None else subject.only(technique)
    with added(subject, configuration) as additions:
        shake(additions)
        found = _predict(subject)
        with torch.no_grad():
            states = subject.model.base_model(**subject.batch).last_hidden_state
    patches = (16 // 8) ** 2
    assert states.shape[1] == 1 + patches
    mean = torch.stack([states[:, i] for i in range(1, 1 + patches)]).mean(dim=0)
    torch.testing.assert_close(found, subject.model.pooled_classifier(mean))
