"""A step in parts, and a step that computes its activations twice, are the same step."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.batches.encoding import encode_texts
from peftsearch.workers.batches.encodings import Encoded, EncodedResponses
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.models.backbone import Backbone, load_backbone
from peftsearch.workers.runtime.memory import MemoryMeter
from peftsearch.workers.training.optimisation import accumulate
from tests.workers.runners import LORA
from tests.workers.tiny import LAYERS, save_model, shape_of, spec_on, state_of

BESIDE = (Module("serial", 2), Module("parallel", 4), Module("prefix", 3))
EVERYTHING = Configuration(
    (
        Stratum(0, 1, (*BESIDE, Module("ln_tuning"))),
        Stratum(1, LAYERS, (*BESIDE, Module("lora", 4, ("query", "value")))),
    ),
    1e-3,
    Module("prompt", 2),
)


def rows_of(backbone: Backbone) -> Encoded:
    """Ten texts of several lengths; of a language model with responses of several lengths."""
    texts = [f"the film is {'good' if i % 2 else 'bad'}" + " very" * (i % 5) for i in range(10)]
    data = encode_texts(backbone.tokenizer, [texts], torch.arange(10) % 2, max_length=32)
    if backbone.heads:
        return data
    rows = [row | {"labels": [-100] * (i % 3 + 1)} for i, row in enumerate(data.rows)]
    rows = [
        row | {"labels": row["labels"] + row["input_ids"][len(row["labels"]) :]} for row in rows
    ]
    prompts = [row["input_ids"][:2] for row in rows]
    return EncodedResponses(rows, prompts, texts, data.padding | {"labels": -100})


def step(
    backbone: Backbone, configuration: Configuration, training: TrainingSpec
) -> tuple[float, Mapping[str, torch.Tensor]]:
    """The loss of one step on all rows, and every gradient."""
    before, shape = state_of(backbone), shape_of(backbone)
    attachment, data = attach(backbone, configuration, 0), rows_of(backbone)
    try:
        meter, rows = MemoryMeter("cpu"), range(len(data))
        modes = [x.training for x in backbone.model.modules()]
        loss = accumulate(backbone, data, rows, training, "float32", meter)
        found = {
            name: x.grad.clone() for name, x in attachment.trained.items() if x.grad is not None
        }
        assert [x.training for x in backbone.model.modules()] == modes
    finally:
        attachment.detach()
    assert shape_of(backbone) == shape
    assert all(torch.equal(x, before[name]) for name, x in state_of(backbone).items())
    return loss, found


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """A language model, whose loss is a mean over tokens."""
    folder = save_model(tmp_path_factory.mktemp("lm") / "llama", "llama", kind="causal_lm")
    spec = spec_on(folder, task={"train": "x", "kind": "causal_lm"})
    return load_backbone(spec, 1, "cpu")


@pytest.mark.parametrize("parts", [2, 3, 10, 64])
@pytest.mark.parametrize("family", ["bert", "decoder"])
def test_parts_add_up_to_the_step(
    backbones: dict[str, Backbone], decoder: Backbone, family: str, parts: int
) -> None:
    backbone = decoder if family == "decoder" else backbones[family]
    loss, whole = step(backbone, LORA, TrainingSpec())
    again, added = step(backbone, LORA, TrainingSpec(accumulate=parts))
    assert again == pytest.approx(loss, rel=1e-5)
    assert list(added) == list(whole)
    for name, gradient in whole.items():
        torch.testing.assert_close(added[name], gradient, rtol=1e-4, atol=1e-6)


def test_parts_of_rows_that_count_unlike_add_up_too(backbones: dict[str, Backbone]) -> None:
    backbone, training = backbones["bert"], TrainingSpec(class_weights={"bad": 9.0})
    encoded = rows_of(backbone)
    split = Split([("x",)] * len(encoded), encoded.labels.tolist())
    work = find_kind("classification").load_work()
    data = work.training_rows(encoded, split, ("bad", "good"), training, None)
    attachment = attach(backbone, LORA, 0)
    try:
        found = []
        for parts in (1, 4):
            spec, meter = TrainingSpec(accumulate=parts), MemoryMeter("cpu")
            loss = accumulate(backbone, data, range(len(data)), spec, "float32", meter)
            gradient = attachment.trained["classifier.weight"].grad
            assert gradient is not None
            found.append((loss, gradient.clone()))
            attachment.trained["classifier.weight"].grad = None
    finally:
        attachment.detach()
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-5)
    torch.testing.assert_close(found[1][1], found[0][1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("configuration", [LORA, EVERYTHING], ids=["lora", "everything"])
@pytest.mark.parametrize("family", ["bert", "llama", "decoder"])
def test_what_is_computed_twice_is_equal(
    backbones: dict[str, Backbone], decoder: Backbone, family: str, configuration: Configuration
) -> None:
    backbone = decoder if family == "decoder" else backbones[family]
    loss, kept = step(backbone, configuration, TrainingSpec())
    again, twice = step(backbone, configuration, TrainingSpec(gradient_checkpointing=True))
    assert again == loss
    assert list(twice) == list(kept)
    for name, gradient in kept.items():
        torch.testing.assert_close(twice[name], gradient, rtol=1e-5, atol=1e-7)


def test_layers_are_really_computed_twice(backbones: dict[str, Backbone]) -> None:
    backbone, calls = backbones["bert"], 0

    def count(module: torch.nn.Module, inputs: object, output: object) -> None:
        nonlocal calls
        calls += 1

    name = backbone.anatomy.layer_name(1)
    handle = backbone.model.get_submodule(f"{name}.attention").register_forward_hook(count)
    try:
        step(backbone, LORA, TrainingSpec())
        assert calls == 1
        step(backbone, LORA, TrainingSpec(gradient_checkpointing=True))
        assert calls == 3
    finally:
        handle.remove()


def test_a_model_without_such_layers_is_refused(backbones: dict[str, Backbone]) -> None:
    backbone = replace(backbones["bert"], model=torch.nn.Linear(2, 2))  # type: ignore[arg-type]
    data = rows_of(backbones["bert"])
    training = TrainingSpec(gradient_checkpointing=True)
    with pytest.raises(UserError, match="layers can be recomputed; got Linear"):
        accumulate(backbone, data, range(4), training, "float32", MemoryMeter("cpu"))
