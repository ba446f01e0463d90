"""Jobs on ten rows and random models in float64, in which rounding hides no difference."""

from pathlib import Path
from typing import Any, cast

import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.family import FAMILIES, read_anatomy
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.batches.encodings import (
    Encoded,
    EncodedChoices,
    EncodedResponses,
    EncodedTexts,
)
from peftsearch.workers.batches.image_encoding import EncodedImages
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.model_files import ModelFiles
from peftsearch.workers.preparation.opened_job import OpenedJob
from tests.workers.families import IMAGE_SIZE, SIZES, build_model
from tests.workers.tiny import spec_on

FORMS = ("classification", "multiple_choice", "causal_lm", "seq2seq", "image_classification")
CASES = [(x, kind) for x in SIZES for kind in FORMS if kind in FAMILIES[x].kinds]
RELAYING = [(x, kind) for x, kind in CASES if x not in ("t5", "mt5")]
LENGTHS = (3, 12, 7, 5, 9, 4, 12, 6, 8, 3)
PADDING = {"input_ids": 0, "attention_mask": 0}


def make_rows(kind: str) -> Encoded:
    """Ten rows of several lengths."""
    draws = torch.Generator().manual_seed(0)
    rows = [
        {
            "input_ids": torch.randint(4, 32, (n,), generator=draws).tolist(),
            "attention_mask": [1] * n,
        }
        for n in LENGTHS
    ]
    labels = torch.arange(len(rows)) % 2
    if kind == "image_classification":
        shape = (len(rows), 3, IMAGE_SIZE, IMAGE_SIZE)
        pixels = torch.randint(0, 255, shape, generator=draws, dtype=torch.uint8)
        return EncodedImages(pixels, labels, torch.full((3, 1, 1), 0.01), torch.zeros(3, 1, 1))
    if kind == "multiple_choice":
        return EncodedChoices(list(zip(rows, rows[::-1], strict=True)), labels, PADDING)
    if kind == "classification":
        return EncodedTexts(rows, labels, PADDING)
    answered = [x | {"labels": [-100, *x["input_ids"][1:]]} for x in rows]
    prompts = [x["input_ids"][:2] for x in rows]
    return EncodedResponses(answered, prompts, ["good"] * len(rows), PADDING | {"labels": -100})


def open_job(family: str, kind: str, **changes: Any) -> OpenedJob:
    """Of one epoch, in one batch; `changes` go to the model's config."""
    vision = kind == "image_classification"
    padded = {} if vision else {"pad_token_id": 0}
    model = build_model(family, kind, **padded, **changes).double().eval().requires_grad_(False)
    model.config.problem_type = find_kind(kind).problem  # which the loss writes otherwise
    anatomy = read_anatomy(model.config.to_dict(), kind)
    head = ("classifier",) if hasattr(model, "classifier") else ("score",)
    heads = head if find_kind(kind).form.fresh_head else ()
    backbone = Backbone(model, None, anatomy, heads, "cpu", ModelFiles("", Path()), kind)
    spec = spec_on("x", task={"train": "x", "kind": kind}, training={"epochs": 1})
    return OpenedJob(spec, backbone, cast(Any, None), "float32", {"train": make_rows(kind)})


def on_top(job: OpenedJob, first: int) -> Configuration:
    """LoRA from this layer on."""
    anatomy = job.backbone.anatomy
    modules = (Module("lora", 2, tuple(anatomy.linears)),)
    return Configuration((Stratum(0, first), Stratum(first, anatomy.layers, modules)), 1e-3)
