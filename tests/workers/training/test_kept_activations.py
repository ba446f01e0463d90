"""What is claimed to be kept for a backward pass, against the tensors that autograd saves."""

from functools import partial
from pathlib import Path

import pytest
import torch

from peftsearch.spaces.configurations.activations import BYTES_PER_ACTIVATION, activation_bytes
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.kept_activations import KEPT
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.model_files import ModelFiles
from tests.workers.families import ENCODER_DECODERS, VISION
from tests.workers.subjects import LENGTHS, Subject, make_subject
from tests.workers.training.sized import DROPOUTS, make_sized, modules_of, with_dropout

EXAMPLES, TOKENS = len(LENGTHS), max(LENGTHS)
HEAD = BYTES_PER_ACTIVATION * EXAMPLES * 200
KINDS = dict.fromkeys(VISION, "image_classification") | dict.fromkeys(ENCODER_DECODERS, "seq2seq")


def subject_of(family: str) -> Subject:
    padded = {"pad_token_id": 0} if family in ("qwen2", "phi3") else {}
    subject = make_subject(family, KINDS.get(family, "classification"), **padded)
    subject.batch.setdefault("labels", torch.zeros(EXAMPLES, dtype=torch.long))
    return subject


def saved_bytes(subject: Subject, configuration: Configuration) -> int:
    """Bytes of the tensors, but for the model's own, that a forward pass saves."""
    backbone = Backbone(
        subject.model, None, subject.anatomy, (), "cpu", ModelFiles("", Path()), "classification"
    )
    dropout = subject.anatomy.counted_workload.dropout
    attachment = attach(backbone, configuration, 0, partial(calibrate, subject), dropout)
    own = [*subject.model.parameters(), *subject.model.buffers()]
    known = {tensor.untyped_storage().data_ptr() for tensor in own if not tensor.is_sparse}
    seen: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_sparse and tensor.untyped_storage().data_ptr() not in known:
            seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    try:
        saving = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
        with saving, attachment.dropping(0):
            subject.model(**subject.batch)
        return sum(storage.nbytes() for storage in seen.values())
    finally:
        attachment.detach()


def calibrate(subject: Subject) -> None:
    """Gradients for techniques that choose entries by them."""
    for name, parameter in subject.model.named_parameters():
        if parameter.requires_grad and "classifier" not in name:
            parameter.grad = torch.rand_like(parameter)


def on_layer(anatomy: Anatomy, layer: int, module: Module, last: int = 0) -> Configuration:
    layers = tuple(range(layer, max(layer, last) + 1))
    return Configuration((Stratum(0, anatomy.layers, (module,), layers),), 1e-3)


def claim(anatomy: Anatomy, configuration: Configuration, tokens: int) -> float:
    workload = Workload(together=EXAMPLES, longest=(tokens,) * len(anatomy.stacks))
    return activation_bytes(configuration, anatomy.model_copy(update={"workload": workload}))


@pytest.mark.parametrize("family", KEPT)
def test_a_layer_that_gradients_run_through_keeps_what_is_claimed(family: str) -> None:
    """By the difference between the lowest adapted layer and the next one."""
    subject = subject_of(family)
    anatomy = subject.anatomy
    role = next(x for x in ("query", "query_key_value") if x in anatomy.linears)
    tokens = subject.batch["pixel_values"].shape[-1] ** 2 // 64 + 1 if family in VISION else TOKENS
    low, high = (on_layer(anatomy, layer, Module("lora", 4, (role,))) for layer in (0, 1))
    if family in ENCODER_DECODERS:  # the decoder's: above the encoder nothing is kept of it
        low, high = (on_layer(anatomy, x, Module("lora", 4, (role,))) for x in (2, 3))
    measured = saved_bytes(subject, low) - saved_bytes(subject, high)
    claimed = claim(anatomy, low, tokens) - claim(anatomy, high, tokens)
    assert measured <= claimed * 1.001 + 64
    assert claimed <= 1.12 * measured


@pytest.mark.parametrize("name", [x for x in TECHNIQUES if TECHNIQUES[x].adapts])
def test_no_technique_keeps_more_than_is_claimed(name: str) -> None:
    """Beside a head whose few numbers are not counted."""
    subject = subject_of("bert")
    for module in modules_of(name, subject.anatomy):
        configuration = on_layer(subject.anatomy, 0, module)
        measured = saved_bytes(subject, configuration)
        claimed = claim(subject.anatomy, configuration, TOKENS)
        assert measured <= claimed + HEAD
        assert claimed <= 1.8 * measured


def check_above(subject: Subject, name: str) -> None:
    """What the modules of one layer add to it, where inputs have gradients."""
    anatomy, few = subject.anatomy, 64
    lowest = anatomy.layers - 2
    for module in modules_of(name, anatomy, ends=True):
        low, both = (on_layer(anatomy, lowest, module, lowest + i) for i in (0, 1))
        measured = saved_bytes(subject, both) - saved_bytes(subject, low)
        claimed = activation_bytes(both, anatomy) - activation_bytes(low, anatomy)
        assert measured <= claimed + few


@pytest.mark.parametrize(("name", "dropout"), DROPOUTS)
def test_above_the_lowest_layer_no_technique_keeps_more_than_is_claimed(
    name: str, dropout: float
) -> None:
    """At the smallest and the largest capacity."""
    check_above(with_dropout(make_sized("bert"), dropout), name)


@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("name", ["lora", "miss", "psoft"])
@pytest.mark.parametrize("family", ["deberta-v2", "modernbert", "llama", "t5"])
def test_nor_where_matrices_are_shared_or_fused(family: str, name: str, dropout: float) -> None:
    """In DeBERTa relative positions pass the adapted queries and keys too."""
    check_above(with_dropout(make_sized(family), dropout), name)
