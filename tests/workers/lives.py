"""One technique on one tiny model of any family and kind: its configuration, training, answers."""

import copy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.techniques.applicability import find_stack_obstacle
from peftsearch.spaces.techniques.table import Technique
from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.adapters.parameter_groups import group_parameters
from peftsearch.workers.models.backbone import Backbone, load_backbone

from .families import IMAGE_SIZE, WORDS
from .tiny import spec_on


def load(folder: Path, kind: str) -> Backbone:
    """A copy of what each process loads once from that folder."""
    loaded = _load(folder, kind)
    return replace(loaded, model=copy.deepcopy(loaded.model))


@cache
def _load(folder: Path, kind: str) -> Backbone:
    task: dict[str, Any] = {"train": "unused.csv", "kind": kind}
    return load_backbone(spec_on(folder, task=task), 2, "cpu")


def batch_of(backbone: Backbone) -> dict[str, torch.Tensor]:
    """Six examples of different lengths with labels."""
    labels = torch.arange(6) % 2
    if backbone.kind == "image_classification":
        pixels = torch.randn(
            6, 3, IMAGE_SIZE, IMAGE_SIZE, generator=torch.Generator().manual_seed(0)
        )
        return {"pixel_values": pixels, "labels": labels}
    texts = [" ".join(WORDS[i % len(WORDS)] for i in range(k, 2 * k + 2)) for k in range(6)]
    tokens = backbone.tokenizer(texts, padding=True, return_tensors="pt")
    return {name: tokens[name] for name in ("input_ids", "attention_mask")} | {"labels": labels}


def capacity_of(row: Technique, backbone: Backbone) -> int | None:
    """The smallest capacity that fits every layer; None where none does."""
    roles = row.roles or tuple(backbone.anatomy.linears)
    if row.input is not None:
        plain = backbone.anatomy.embedding is not None and len(backbone.anatomy.stacks) == 1
        return row.capacities[1] if plain else None
    if row.injects and not backbone.anatomy.linears.keys() & set(roles):
        return None
    for capacity in row.capacities[1:] or row.capacities or (0,):
        if not any(
            find_stack_obstacle(row, stack, roles, capacity) for stack in backbone.anatomy.stacks
        ):
            return capacity
    return None


def configuration_of(row: Technique, backbone: Backbone, capacity: int) -> Configuration:
    """The technique in all layers but the lowest, or as virtual tokens."""
    anatomy = backbone.anatomy
    if row.input is not None:
        return Configuration((Stratum(0, anatomy.layers),), 1e-3, Module(row.name, capacity))
    known = tuple(x for x in row.roles or anatomy.linears if x in anatomy.linears)
    module = Module(row.name, capacity, known if row.injects else ())
    return Configuration((Stratum(0, 1), Stratum(1, anatomy.layers, (module,))), 1e-3)


def train_a_little(backbone: Backbone, attachment: Attachment) -> None:
    """A few large steps, so that every trained tensor moves."""
    optimizer = torch.optim.AdamW(group_parameters(attachment.parameters, 3e-3))
    for _ in range(3):
        backbone.model(**batch_of(backbone)).loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def calibrate(backbone: Backbone) -> None:
    backbone.model(**batch_of(backbone)).loss.backward()


def predict(backbone: Backbone) -> torch.Tensor:
    inputs = {name: x for name, x in batch_of(backbone).items() if name != "labels"}
    with torch.no_grad():
        logits: torch.Tensor = backbone.model(**inputs).logits
    return logits
