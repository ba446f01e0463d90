"""Models of every family that are wide enough for their layers to weigh more than the rest."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.anatomy import ROLES, Anatomy, HeadTensor
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.techniques.applicability import find_obstacle
from peftsearch.spaces.techniques.table import TECHNIQUES, technique
from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.heads import HEAD_NAMES, head_tensors
from peftsearch.workers.models.model_files import ModelFiles
from peftsearch.workers.models.sizes import count_base
from tests.workers.families import ENCODER_DECODERS, SIZES, VISION, build_model
from tests.workers.subjects import Subject

_WIDTHS = (
    *("hidden_size", "dim", "d_model", "n_embd", "embedding_size", "intermediate_size"),
    *("hidden_dim", "d_ff", "n_inner", "d_kv", "head_dim"),
)
_TIMES = 4
_PADDED = ("qwen2", "phi3", "llama", "gpt2", "mistral")
_IMAGE = 48
PATCHES = (_IMAGE // 8) ** 2 + 1
DROPOUTS = [
    (name, share)
    for name in TECHNIQUES
    if TECHNIQUES[name].adapts
    for share in ([0.0, 0.1] if TECHNIQUES[name].dropout else [0.0])
]
"""Techniques that act in layers, without and where they have one with dropout."""


def kind_of(family: str) -> str:
    if family in ENCODER_DECODERS:
        return "seq2seq"
    return "image_classification" if family in VISION else "classification"


def make_sized(family: str, examples: int = 2, tokens: int = 32, kind: str = "") -> Subject:
    """A model four times as wide as the tiny ones, with its head and a workload of one batch."""
    kind = kind or kind_of(family)
    changes: dict[str, Any] = {k: _TIMES * v for k, v in SIZES[family].items() if k in _WIDTHS}
    changes |= {"image_size": _IMAGE} if family in VISION else {}
    changes |= {"pad_token_id": 0} if family in _PADDED else {}
    model = build_model(family, kind, **changes).eval().requires_grad_(False)
    batch = make_batch(kind, examples, tokens)
    anatomy = read_anatomy(model.config.to_dict(), kind)
    heads, longest = find_heads(model, kind), PATCHES if family in VISION else tokens
    workload = Workload(
        steps=1,
        batches=1,
        sequences=examples,
        together=examples,
        input_bytes=sum(x.nbytes for x in batch.values()),
        longest=(longest,) * len(anatomy.stacks),
        tokens=(examples * longest,) * len(anatomy.stacks),
        pairs=((examples * longest**2,) * len(anatomy.stacks),) * len(anatomy.stacks),
        words=0 if heads else model.config.vocab_size,
        base_bytes=count_base(model, heads, "float32"),
    )
    tensors = tuple(HeadTensor(name=x.name, shape=x.shape) for x in head_tensors(model, heads))
    known = {"workload": workload, "head": tensors}
    return Subject(model, anatomy.model_copy(update=known), batch)


def make_batch(kind: str, examples: int, tokens: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.zeros(examples, dtype=torch.long)
    if kind == "image_classification":
        shape = (examples, 3, _IMAGE, _IMAGE)
        return {"pixel_values": torch.randn(shape, generator=generator), "labels": labels}
    ids = torch.randint(4, 32, (examples, tokens), generator=generator)
    ids[:, -1] = 2  # at which T5 classifies
    mask = torch.ones_like(ids)
    mask[0, -3:] = 0
    labels = ids if kind in ("seq2seq", "causal_lm") else labels
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def find_heads(model: Any, kind: str) -> tuple[str, ...]:
    """Modules of the head, as of a checkpoint that has a body alone."""
    if kind in ("seq2seq", "causal_lm"):
        return ()
    known = (*HEAD_NAMES, "pooler", "pre_classifier")
    names = (name for name, _ in model.named_modules())
    return tuple(name for name in names if name.count(".") < 2 and name.split(".")[-1] in known)


def attach_sized(subject: Subject, configuration: Configuration) -> Attachment:
    """With the dropout that the workload says."""
    kind = "seq2seq" if not subject.anatomy.head else "classification"
    heads = find_heads(subject.model, kind)
    backbone = Backbone(
        subject.model, None, subject.anatomy, heads, "cpu", ModelFiles("", Path()), kind
    )
    dropout = subject.anatomy.counted_workload.dropout
    return attach(backbone, configuration, 0, partial(_calibrate, subject), dropout)


def with_dropout(subject: Subject, share: float) -> Subject:
    """Trained with so much dropout."""
    workload = subject.anatomy.counted_workload.model_copy(update={"dropout": share})
    return replace(subject, anatomy=subject.anatomy.model_copy(update={"workload": workload}))


def on_layers(anatomy: Anatomy, *modules: Module, start: int = 0) -> Configuration:
    """The modules in all layers from `start` on."""
    kept = tuple(range(start, anatomy.layers))
    return Configuration((Stratum(0, anatomy.layers, modules, kept),), 1e-3)


def lora(anatomy: Anatomy, start: int = 0) -> Configuration:
    """LoRA on two linears of attention."""
    roles = [x for x in ("query", "value", "query_key_value", "mlp_out") if x in anatomy.linears]
    return on_layers(anatomy, Module("lora", 4, tuple(roles[:2])), start=start)


def _calibrate(subject: Subject) -> None:
    for name, parameter in subject.model.named_parameters():
        if parameter.requires_grad and "classifier" not in name:
            parameter.grad = torch.rand_like(parameter)


def modules_of(name: str, anatomy: Anatomy, ends: bool = False) -> Iterator[Module]:
    """The technique at its smallest and at a middle capacity, on all linears that it fits.

    Args:
        ends: At its smallest and its largest instead.
    """
    row = technique(name)
    few = [x for x in row.capacities if ends or x <= 16] or list(row.capacities[:1])
    for capacity in dict.fromkeys([few[0], few[-1]] if few else [0]):
        roles = tuple(role for role in row.roles or ROLES if role in anatomy.linears)
        if row.injects and find_obstacle(row, anatomy, roles, capacity):
            continue
        yield Module(name, capacity, roles if row.injects else ())
