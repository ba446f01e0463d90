"""Put a saved adapter into a model that the user loaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from transformers import PreTrainedModel

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.head_tensors import POOLED
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import Attachment, attach_to
from peftsearch.workers.models.heads import REPLACED
from peftsearch.workers.models.locations import hash_weights
from peftsearch.workers.models.pooled_head import replace_head
from peftsearch.workers.models.reader import Reader, load_reader

from .adapter_files import AdapterFiles, check_encoder, load_adapter_files

Model = TypeVar("Model", bound=PreTrainedModel)


def load_adapter(model: Model, path: str | Path, encoder: str | Path | None = None) -> Model:
    """Put a saved adapter, with its head, into `model` for inference; frozen, in eval mode.

    Args:
        model: The adapter's base model for the same kind of task, with as many labels.
        path: A folder with `adapter.safetensors` and `configuration.json`.
        encoder: Where the frozen encoder is that makes its prompts from each text, a folder,
            `package:NAME` or a hub id; None takes it from where it was in the training. Calls of
            the model then have its inputs too, each name after `reader_`.

    Returns:
        The same model, changed in place.

    Raises:
        UserError: The folder is missing or corrupt, or the adapter belongs to another model or
            another encoder.
    """
    _attach_saved(model, Path(path), _Encoder(encoder))
    return model


def merge_adapter(model: Model, path: str | Path) -> Model:
    """As `load_adapter`, but fold the adapter into the weights: a plain `transformers` model.

    Raises:
        UserError: As `load_adapter`.
    """
    _attach_saved(model, Path(path)).merge()
    return model


@dataclass(frozen=True)
class _Encoder:
    """Where an adapter's encoder is; None takes it from where it was."""

    path: str | Path | None

    def load(self, files: AdapterFiles, device: str) -> Reader | None:
        """None where the adapter needs none.

        Raises:
            UserError: It is needed and not there, is another, or is not needed and named.
        """
        if files.encoder is None:
            if self.path is not None:
                got, hint = f"the encoder {str(self.path)!r}", "leave it out"
                raise UserError("no encoder, as this adapter reads by none", got, hint)
            return None
        reader = load_reader(str(self.path or files.encoder["path"]), device)
        check_encoder(files, reader.sha256)
        return reader


def _attach_saved(
    model: PreTrainedModel, folder: Path, encoder: _Encoder | None = None
) -> Attachment:
    """Without an encoder, of adapters that need none or are never asked."""
    files = load_adapter_files(folder, _hash_of(model))
    reader = None if encoder is None else encoder.load(files, str(model.device))
    _replace_head(model, files)
    anatomy, heads = _anatomy(model, files), _heads(model, files)
    try:
        attachment = attach_to(model, anatomy, heads, files.configuration, reader=reader)
    except AttributeError as error:
        raise UserError(
            f"a model with the layers of {anatomy.family!r} that the adapter was trained on",
            f"{type(model).__name__} ({error})",
            "load the adapter's base model",
        ) from error
    try:
        attachment.load(files.tensors)
    except UserError:
        attachment.detach()
        raise
    model.requires_grad_(False)
    model.train(False)
    return attachment


def _replace_head(model: PreTrainedModel, files: AdapterFiles) -> None:
    """Of adapters whose head is not the one of the model's class."""
    if files.pooling in REPLACED and getattr(model, "pooling", None) != files.pooling:
        outputs = files.tensors[f"{POOLED}.weight"].shape[0]
        replace_head(model, files.pooling, outputs)


def _hash_of(model: PreTrainedModel) -> str | None:
    """Of the files that the model came from; None where they cannot be found any more."""
    folder = Path(model.name_or_path or "")
    try:
        return hash_weights(folder) if model.name_or_path and folder.is_dir() else None
    except UserError:
        return None


def _anatomy(model: PreTrainedModel, files: AdapterFiles) -> Anatomy:
    if written := files.metadata.get("anatomy"):
        return Anatomy.model_validate(written)
    return read_anatomy(model.config.to_dict(), _kind(files))


def _kind(files: AdapterFiles) -> str:
    """Adapters of earlier versions, which say none, are classifiers."""
    found: str = files.metadata.get("kind", "classification")
    return found


def _heads(model: PreTrainedModel, files: AdapterFiles) -> tuple[str, ...]:
    named = files.metadata.get("model", {}).get("heads")
    present = {name for name, _ in model.named_modules()}
    if named is None or not set(named) <= present:
        raise UserError(
            f"a model with the adapter's head ({', '.join(named or ()) or 'none named'})",
            type(model).__name__,
            f"load the base with {find_kind(_kind(files)).form.automatic}",
        )
    return tuple(named)
