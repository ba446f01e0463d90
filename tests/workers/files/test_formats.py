"""Exports of every kind of task load again by the classes that their users would take."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.forms import FORMS
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.batches.encoding import encode_split
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.files.adapter_files import AdapterFiles
from peftsearch.workers.files.formats import load_base, reload_form, write_form
from peftsearch.workers.training.inference import predict_logits
from tests.workers.families import save_model
from tests.workers.tiny import complete, spec_on

FAMILIES = {"causal_lm": "llama", "seq2seq": "t5", "multiple_choice": "bert"}
_LABELS: dict[str, list[Any]] = {
    "causal_lm": ["good", "very bad", "fine"],
    "seq2seq": ["good", "very bad", "fine"],
    "multiple_choice": [0, 1, 1],
}


def make_split(kind: str) -> Split:
    texts: list[tuple[str, ...]] = [("the film",), ("a plot was",), ("not good",)]
    if kind == "multiple_choice":
        texts = [(*text, "good", "very bad") for text in texts]
    return Split(texts, _LABELS[kind])


def train_at_random(spec: JobSpec) -> tuple[AdapterFiles, torch.Tensor]:
    """An adapter whose every tensor is noise, and what the model predicts with it."""
    backbone = load_base(spec, ())
    anatomy = spec.anatomy
    module = Module("lora", 4, ("query", "value"))
    configuration = Configuration((Stratum(0, anatomy.layers, (module,)),), 1e-3)
    attachment = attach(backbone, configuration, 0)
    generator = torch.Generator().manual_seed(0)
    for parameter in attachment.trained.values():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator)
    data = encode_split(spec.task, backbone.tokenizer, make_split(spec.task.kind))
    outputs = predict_logits(backbone.model, data, "cpu")
    metadata = {"model": {"heads": list(backbone.heads)}}
    return AdapterFiles(configuration, attachment.tensors(), metadata), outputs


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_form_predicts_the_same(tmp_path: Path, kind: str) -> None:
    save_model(tmp_path / "m", FAMILIES[kind], kind=kind)
    spec = complete(spec_on(tmp_path / "m", task={"train": "x", "kind": kind, "max_length": 32}))
    files, expected = train_at_random(spec)
    base = partial(load_base, spec, ())
    data = encode_split(spec.task, base().tokenizer, make_split(kind))
    plain = predict_logits(base().model, data, "cpu")
    assert not torch.allclose(plain, expected, atol=1e-2)
    for form in FORMS:
        folder = tmp_path / form
        folder.mkdir()
        write_form(form, folder, files, base)
        again = predict_logits(reload_form(form, folder, base), data, "cpu")
        torch.testing.assert_close(again, expected, atol=1e-3, rtol=1e-4)
