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

from peftsearch.errors import UserError
from peftsearch.records.preparation import Pooling
from peftsearch.records.trial import ENCODER
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.runtime.quiet import quiet_transformers

from .checkpoints import reason, unloadable
from .dtypes import choose_dtype, read_weights
from .locations import (
    fetch_model,
    locate_model,
    read_config,
)
from .model_files import ModelFiles
from .tokenizers import has_beyond, load_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

    from .reader import Reader

__all__ = ["Backbone", "load_backbone", "locate_model", "read_config"]


@dataclass
class Backbone:
    """A frozen model with its tokenizer.

    Attributes:
        tokenizer: Of images the model's image processor.
        heads: Names of the modules of the task head; none of a language model.
        device: A torch device.
        files: That the model was loaded from.
        kind: Of the task that the model was loaded for.
        dtype: In what the weights are held, `float32` or `bfloat16`.
        pooling: What the head reads, as `records.preparation.Pooling` says.
        start: The head's tensors by full name, from which every training starts; None where they
            are drawn.
        head_rate: Learning rate of the head; None where it follows the configuration's.
        reader: The job's encoder; None of a job without.
    """

    model: PreTrainedModel
    tokenizer: Any
    anatomy: Anatomy
    heads: tuple[str, ...]
    device: str
    files: ModelFiles
    kind: str = "classification"
    dtype: str = "float32"
    pooling: Pooling = "model"
    start: Mapping[str, torch.Tensor] | None = None
    head_rate: float | None = None
    reader: Reader | None = None

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.files.folder

    @property
    def sha256(self) -> str:
        """The fingerprint of the weight files (`locations.join_hashes`)."""
        return self.files.sha256

    def tell_files(self) -> dict[str, dict[str, Any]]:
        """The files of the model and of what reads beside it, by their names in provenances."""
        own = {"model": self.files.tell()}
        return own if self.reader is None else own | {ENCODER: self.reader.files.tell()}

    @cached_property
    def short_of(self) -> int | None:
        """Rows of the token embedding, where the tokenizer has tokens beyond it; else None."""
        if find_kind(self.kind).form.inputs != "text":
            return None
        embedding: Any = self.model.get_input_embeddings()
        rows = int(embedding.weight.shape[0])
        return rows if has_beyond(self.tokenizer, rows) else None


def load_backbone(spec: JobSpec, labels: int, device: str) -> Backbone:
    """The job's model for its task's kind, frozen, in eval mode.

    Args:
        labels: Number of classes; 1 for kinds without classes.
        device: A torch device.

    Raises:
        UserError: Unknown family or one that cannot do the task (before any weight is read), or a
            model that is missing, corrupt, without safetensors or without a tokenizer.
    """
    import torch

    from .heads import compute_in_float32, find_heads
    from .sizes import check_size
    from .weights import check_weights

    kind = find_kind(spec.task.kind)
    anatomy = spec.model.anatomy or read_anatomy(read_config(spec.model.path), kind.name)
    folder = fetch_model(spec.model.path)
    files = ModelFiles(spec.model.path, folder)
    check_size(folder, kind, labels)
    with quiet_transformers():
        tokenizer = load_processor(folder, kind.name)
        dtype = choose_dtype(spec.model.dtype, read_weights(folder), device)
        model, fresh = _load_model(folder, labels, kind, dtype)
    heads = find_heads(model, fresh) if kind.form.fresh_head else ()
    check_weights(model, anatomy, kind, heads, fresh)
    compute_in_float32(model, heads)
    if kind.form.inputs == "text":
        model.config.pad_token_id = tokenizer.pad_token_id
    model.requires_grad_(False)
    model.train(False)
    torch.nn.Module.to(model, device)
    backbone = Backbone(model, tokenizer, anatomy, heads, device, files, kind.name, dtype)
    return backbone if spec.model.encoder is None else add_reader(backbone, spec.model.encoder)


def add_reader(backbone: Backbone, encoder: str) -> Backbone:
    """With the encoder that a job names, which reads beside the model from now on.

    Raises:
        UserError: It cannot be had, or is no encoder of texts.
    """
    from .reader import load_reader

    reader = load_reader(encoder, backbone.device)
    reader.watch(backbone.model)
    known = reader.anatomy.model_copy(update={"workload": reader.size})
    backbone.anatomy = backbone.anatomy.model_copy(update={"encoder": known})
    backbone.reader = reader
    return backbone


def widen_vectors(backbone: Backbone) -> None:
    """Hold biases and norms in float32, beside matrices in 16 bits: they are a thousandth of the
    weights, and norms refuse inputs of more digits than their own, such as adapters give."""
    for parameter in backbone.model.parameters():
        if parameter.dim() < 2:
            parameter.data = parameter.data.float()


def name_labels(backbone: Backbone, names: Sequence[str]) -> None:
    """Write the classes' names into the model's configuration, for exports."""
    backbone.model.config.id2label = dict(enumerate(names))
    backbone.model.config.label2id = {name: i for i, name in enumerate(names)}


def automatic_class(kind: str) -> Any:
    """The class of `transformers` that loads a model for the task's kind."""
    import transformers

    return getattr(transformers, find_kind(kind).form.automatic)


def load_processor(folder: Path, kind: str) -> Any:
    """What makes a model's inputs: its tokenizer, or of images its image processor.

    Raises:
        UserError: The folder has none.
    """
    if find_kind(kind).form.inputs == "text":
        return load_tokenizer(folder)
    from transformers import AutoImageProcessor

    try:
        return AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
            folder, local_files_only=True, trust_remote_code=False, backend="pil"
        )
    except Exception as error:
        raise UserError(
            f"an image processor in {folder}", reason(error), "save it with `save_pretrained`"
        ) from error


def _load_model(
    folder: Path, labels: int, kind: TaskKind, dtype: str
) -> tuple[PreTrainedModel, set[str]]:
    """The model, and the names of tensors that the checkpoint lacked or had in other shapes."""
    import torch

    try:
        model, report = automatic_class(kind.name).from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **_head_options(labels, kind),
        )
    except Exception as error:
        raise unloadable(folder, kind, error) from error
    return model, set(report["missing_keys"]) | {row[0] for row in report["mismatched_keys"]}


def _head_options(labels: int, kind: TaskKind) -> dict[str, Any]:
    return {"num_labels": labels, "problem_type": kind.problem} if kind.problem else {}
