"""Padding changes no loss and no generated token."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GenerationConfig

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.batches.encoding import encode_split
from peftsearch.workers.batches.encodings import EncodedResponses
from peftsearch.workers.data.partition import Text
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.models.backbone import Backbone, load_backbone
from peftsearch.workers.training.generation import generate, match
from peftsearch.workers.training.inference import predict_logits
from tests.workers.families import LAYERS, WORDS, save_model
from tests.workers.tiny import spec_on

KINDS = {"llama": "causal_lm", "gpt2": "causal_lm", "t5": "seq2seq"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Backbone]:
    root = tmp_path_factory.mktemp("generation")
    return {name: load(root / name, name, kind) for name, kind in KINDS.items()}


def load(folder: Path, family: str, kind: str) -> Backbone:
    save_model(folder, family, kind=kind)
    backbone = load_backbone(spec_on(folder, task={"train": "x", "kind": kind}), 1, "cpu")
    if family == "t5":  # its embeddings, which are its head too, would only repeat the last token
        embeddings: Any = backbone.model.get_input_embeddings()
        embeddings.weight.data *= 0.02
    return backbone


def encode(backbone: Backbone, n: int = 12) -> EncodedResponses:
    """Prompts of 1 to `n` words with responses of 1 to 5."""
    texts: list[Text] = [
        (" ".join(WORDS[(i * k) % 12] for k in range(1, i + 2)),) for i in range(n)
    ]
    labels = [" ".join(WORDS[(i + k) % 12] for k in range(1 + i % 5)) for i in range(n)]
    task = TaskSpec(kind=backbone.kind, train="x", max_length=128)
    data = encode_split(task, backbone.tokenizer, Split(texts, labels))
    assert isinstance(data, EncodedResponses)
    return data


@pytest.mark.parametrize("family", KINDS)
def test_loss_does_not_depend_on_padding(models: dict[str, Backbone], family: str) -> None:
    model, data = models[family].model, encode(models[family])
    together = predict_logits(model, data, "cpu")
    alone = [float(predict_logits(model, _only(data, i), "cpu")) for i in range(len(data))]
    np.testing.assert_allclose(together[:, 0], alone, rtol=1e-5)


def _only(data: EncodedResponses, row: int) -> EncodedResponses:
    return EncodedResponses(
        [data.rows[row]], [data.prompts[row]], [data.responses[row]], data.padding
    )


@pytest.mark.parametrize("family", KINDS)
@pytest.mark.parametrize("cached", [True, False])
def test_generation_is_greedy_whatever_the_padding(
    models: dict[str, Backbone], family: str, cached: bool
) -> None:
    backbone = models[family]
    data = encode(backbone)
    calls: list[int] = []
    texts = generate(
        backbone.model,
        backbone.tokenizer,
        data,
        "cpu",
        cached=cached,
        on_batch=lambda: calls.append(1),
    )
    limit = 6  # the longest response and its end
    assert texts == [_step_by_step(backbone, prompt, limit) for prompt in data.prompts]
    assert len(calls) == 1
    assert len(set(texts)) > 3


def _step_by_step(backbone: Backbone, prompt: list[int], limit: int) -> str:
    """One forward pass per token, without padding or cache."""
    model, tokenizer = backbone.model, backbone.tokenizer
    two_sided = model.config.is_encoder_decoder
    grown = [model.config.decoder_start_token_id] if two_sided else list(prompt)
    start = len(grown)
    while len(grown) < start + limit:
        inputs: dict[str, Any] = {"input_ids": torch.tensor([prompt if two_sided else grown])}
        if two_sided:
            inputs["decoder_input_ids"] = torch.tensor([grown])
        with torch.no_grad():
            grown.append(int(model(**inputs).logits[0, -1].argmax()))
        if grown[-1] == tokenizer.eos_token_id:
            break
    return str(tokenizer.decode(grown[start:], skip_special_tokens=True))


def test_sampling_that_a_checkpoint_asks_for_is_ignored(models: dict[str, Backbone]) -> None:
    backbone = models["llama"]
    data = encode(backbone)
    plain = generate(backbone.model, backbone.tokenizer, data, "cpu")
    own = backbone.model.generation_config
    changes = {"do_sample": True, "temperature": 5.0, "top_k": 50, "repetition_penalty": 3.0}
    try:
        wild: Any = GenerationConfig
        backbone.model.generation_config = wild(**(own.to_diff_dict() | changes))
        again = [generate(backbone.model, backbone.tokenizer, data, "cpu") for _ in range(2)]
    finally:
        backbone.model.generation_config = own
    assert again == [plain, plain]


def test_match_ignores_white_space_alone() -> None:
    found = match([" a  b\n", "a b", "ab", ""], ["a b", "a B", "a b", ""])
    assert found.tolist() == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("configuration", "cached"),
    [
        (Configuration((Stratum(0, LAYERS),), 1e-3, input=Module("prompt", 4, ())), False),
        (Configuration((Stratum(0, LAYERS, (Module("prefix", 4, ()),)),), 1e-3), True),
    ],
    ids=["prompt", "prefix"],
)
def test_generation_with_virtual_tokens(
    models: dict[str, Backbone], configuration: Configuration, cached: bool
) -> None:
    backbone = models["llama"]
    data = encode(backbone)
    plain = generate(backbone.model, backbone.tokenizer, data, "cpu")
    attachment = attach(backbone, configuration, 0)
    try:
        for parameter in attachment.trained.values():
            parameter.data += 2.0 * torch.randn(
                parameter.shape, generator=torch.Generator().manual_seed(3)
            )
        texts = generate(backbone.model, backbone.tokenizer, data, "cpu", cached=cached)
        assert texts == [_step_by_step(backbone, prompt, 6) for prompt in data.prompts]
    finally:
        attachment.detach()
    assert texts != plain
