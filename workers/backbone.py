"""The pre-trained model of a job, loaded once per process and frozen.

It stays in eval mode, in training too: dropout in frozen layers only adds noise to the features,
and adapters of this size rarely over-fit in the few epochs of a trial. `locate_model` and
`read_config` need no torch, so torch is imported where weights are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peftsearch.spaces.anatomy import Anatomy, read_anatomy
from peftsearch.spaces.errors import UserError
from peftsearch.spaces.jobspec import JobSpec

from .locations import fetch_model, hash_weights, locate_model, read_config
from .quiet import quiet_transformers

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_VOCABULARIES = ("tokenizer.json", "vocab.*", "*.model")
__all__ = ["Backbone", "load_backbone", "locate_model", "read_config"]


@dataclass
class Backbone:
    """A frozen model with its tokenizer.

    Attributes:
        heads: Names of the modules of the task head.
        device: A torch device.
        folder: Where the model's files are.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    anatomy: Anatomy
    heads: tuple[str, ...]
    device: str
    folder: Path

    @cached_property
    def sha256(self) -> str:
        """Hash of the weight files, computed once."""
        return hash_weights(self.folder)


def load_backbone(spec: JobSpec, labels: int, device: str) -> Backbone:
    """The job's model for sequence classification, in float32, frozen, in eval mode.

    Args:
        labels: Number of classes; 1 for regression.
        device: A torch device.

    Raises:
        UserError: Unknown family (before any weight is read), or a model that is missing,
            corrupt, without safetensors or without a tokenizer.
    """
    import torch

    from .heads import find_heads

    anatomy = spec.model.anatomy or read_anatomy(read_config(spec.model.path))
    folder = fetch_model(spec.model.path)
    with quiet_transformers():
        tokenizer = load_tokenizer(folder)
        model, fresh = _load_model(folder, labels, spec.task.kind)
    heads = find_heads(model, fresh)
    _check_anatomy(model, anatomy, heads, fresh)
    model.config.pad_token_id = tokenizer.pad_token_id
    model.requires_grad_(False)
    model.train(False)
    torch.nn.Module.to(model, device)
    return Backbone(model, tokenizer, anatomy, heads, device, folder)


def name_labels(backbone: Backbone, names: Sequence[str]) -> None:
    """Write the classes' names into the model's configuration, for exports."""
    backbone.model.config.id2label = dict(enumerate(names))
    backbone.model.config.label2id = {name: i for i, name in enumerate(names)}


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    if not any(file for pattern in _VOCABULARIES for file in folder.glob(pattern)):
        # transformers would make up a tokenizer that knows nothing but special tokens
        raise UserError(
            f"a tokenizer in {folder}", "no vocabulary", "save it there with `save_pretrained`"
        )
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise UserError(
            f"a tokenizer in {folder}", _reason(error), "save it there with `save_pretrained`"
        ) from error
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token is None:
            raise UserError(
                "a tokenizer with a pad or an eos token", "neither", "set one and save it again"
            )
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _load_model(folder: Path, labels: int, kind: str) -> tuple[PreTrainedModel, set[str]]:
    """The model, and the names of tensors that the checkpoint lacked or had in other shapes."""
    import torch
    from transformers import AutoModelForSequenceClassification

    problem = "regression" if kind == "regression" else "single_label_classification"
    try:
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            num_labels=labels,
            problem_type=problem,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except Exception as error:
        raise UserError(
            f"a loadable model in {folder}", _reason(error), "download the model again"
        ) from error
    return model, set(report["missing_keys"]) | {row[0] for row in report["mismatched_keys"]}


def _check_anatomy(
    model: PreTrainedModel, anatomy: Anatomy, heads: tuple[str, ...], fresh: set[str]
) -> None:
    if not heads:
        raise UserError(
            "a model with a head named classifier or score",
            type(model).__name__,
            "use a family with a sequence classifier",
        )
    body = anatomy.layer_path.split("{layer}")[0]
    if lost := sorted(key for key in fresh if key.startswith(body) or "embed" in key):
        raise UserError(
            "weights with every tensor of the model's layers",
            f"none for {lost[0]}",
            "download the model again",
        )
    _check_shapes(model, anatomy)


def _check_shapes(model: PreTrainedModel, anatomy: Anatomy) -> None:
    shapes = {name: tuple(x.shape) for name, x in model.named_parameters()}
    layers = [anatomy.layer_path.format(layer=layer) for layer in range(anatomy.layers)]
    for layer in layers:
        for path, shape in _expected_shapes(anatomy).items():
            got = shapes.get(f"{layer}.{path}")
            if got != shape:
                raise UserError(
                    f"{layer}.{path} of shape {list(shape)}, as model.anatomy says",
                    "no such tensor" if got is None else f"{list(got)}",
                    "correct model.anatomy",
                )


def _expected_shapes(anatomy: Anatomy) -> Mapping[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for linear in anatomy.linears.values():
        shapes[f"{linear.path}.weight"] = (linear.outputs, linear.inputs)
    vectors = anatomy.biases | anatomy.norm_tensors
    return shapes | {path: (size,) for path, size in vectors.items()}


def _reason(error: Exception) -> Any:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
