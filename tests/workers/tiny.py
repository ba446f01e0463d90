"""Jobs and backbones on tiny random models: 3 layers, hidden size 32; see `families`."""

from pathlib import Path
from typing import Any

import torch

from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.models.backbone import Backbone, load_backbone
from tests.specs import make_spec

from .families import LAYERS, SIZES, WORDS, save_model, save_tokenizer, tokens

__all__ = [
    "ALL_FAMILIES",
    "FAMILIES",
    "LAYERS",
    "WORDS",
    "complete",
    "load",
    "save_model",
    "save_tokenizer",
    "shape_of",
    "spec_on",
    "state_of",
    "tokens",
]

FAMILIES = ("bert", "roberta", "llama", "qwen2")
"""Those that tests of whole runs go through."""
ALL_FAMILIES = tuple(SIZES)


def spec_on(folder: Path | str, **sections: Any) -> JobSpec:
    """A job on the model in that folder, whose anatomy is not read yet; its head is the model's
    own and starts at random, which takes no preparation."""
    head: Any = {"pooling": "model", "start": "random", "relative": True}
    named: dict[str, Any] = {"model": {"path": str(folder)}, "head": head} | sections
    return make_spec("tiny", anatomy=None, trials=2, **named)


def complete(spec: JobSpec) -> JobSpec:
    """With the anatomy of its model."""
    from peftsearch.workers.models.backbone import read_config

    anatomy = read_anatomy(read_config(spec.model.path), spec.task.kind)
    return spec.model_copy(update={"model": spec.model.model_copy(update={"anatomy": anatomy})})


def load(folder: Path, labels: int = 2) -> Backbone:
    """The backbone of a saved model."""
    return load_backbone(spec_on(folder), labels, "cpu")


def state_of(backbone: Backbone) -> dict[str, torch.Tensor]:
    """A copy of all weights."""
    return {name: tensor.clone() for name, tensor in backbone.model.state_dict().items()}


def shape_of(backbone: Backbone) -> list[tuple[str, type, bool]]:
    """Module structure, and what is trainable."""
    modules = [(name, type(module), False) for name, module in backbone.model.named_modules()]
    flags = [(name, type(x), x.requires_grad) for name, x in backbone.model.named_parameters()]
    return modules + flags
