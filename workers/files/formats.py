"""The forms in which an adapter leaves the service, and how each is loaded again."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from peftsearch.errors import UserError
from peftsearch.records.preparation import HeadChoice, Pooling
from peftsearch.spaces.configurations.forms import (
    FORMS,
    HEAD_CODE,
    HEAD_TENSORS,
    Form,
    shipped_form,
)
from peftsearch.spaces.configurations.weight_files import FileForm, weight_files
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.table import technique
from peftsearch.workers.models import pooled_head
from peftsearch.workers.models.backbone import (
    Backbone,
    automatic_class,
    load_backbone,
    name_labels,
)
from peftsearch.workers.models.chosen_head import pooled_linear, use_head
from peftsearch.workers.models.dtypes import read_weights
from peftsearch.workers.models.heads import head_tensors
from peftsearch.workers.runtime.quiet import quiet_transformers

from .adapter_files import AdapterFiles, load_adapter_files, write_adapter
from .companions import write_companions
from .loading import load_adapter, merge_adapter
from .ownership import CONFIGURATION, TENSORS
from .peft_format import BASE_FOLDER, PEFT_TENSORS, express, read_peft, write_peft
from .tensor_files import fill_up


def choose_form(asked: str, files: AdapterFiles, backbone: Backbone) -> Form:
    """`auto` is the form that ships (`spaces.configurations.forms`).

    Raises:
        UserError: No such form, or `peft` cannot express the adapter.
    """
    named = next((form for form in FORMS if form == asked), None)
    if named is None and asked != "auto":
        raise UserError(f"a form among auto, {', '.join(FORMS)}", repr(asked), "correct the form")
    expressible = express(files.configuration, backbone.anatomy, backbone.heads) is not None
    if named is None:
        return shipped_form(files.configuration, backbone.anatomy)
    if named == "peft" and not expressible:
        techniques = " with ".join(sorted(files.configuration.techniques))
        raise UserError(
            "an adapter that one peft configuration can express",
            f"{techniques or 'a configuration that trains the head alone'}, which none can",
            "use the form adapter" + (" or merged" if _merges(files) else ""),
        )
    return named


def _merges(files: AdapterFiles) -> bool:
    return all(technique(name).merges for name in files.configuration.techniques)


def load_base(spec: JobSpec, names: tuple[str, ...], pooling: Pooling = "model") -> Backbone:
    """A fresh copy of the job's base model on the CPU.

    Args:
        names: Class names; empty for kinds without classes.
        pooling: Of the head that an adapter was trained with.
    """
    backbone = load_backbone(spec, max(1, len(names)), "cpu")
    if names:
        name_labels(backbone, names)
    use_head(backbone, HeadChoice(pooling, "random"), {})
    return backbone


def write_form(
    form: Form,
    folder: Path,
    files: AdapterFiles,
    base: Callable[[], Backbone],
    base_name: str = BASE_FOLDER,
) -> None:
    """Write the adapter into a folder that exists.

    Args:
        base: Gives a fresh backbone at each call.
        base_name: What others know the base model by.
    """
    backbone = base()
    pooled = pooled_linear(backbone)
    if pooled is not None and form != "adapter":
        (folder / HEAD_CODE).write_text(Path(pooled_head.__file__).read_text(encoding="utf-8"))
    if form != "merged":
        write_companions(folder, backbone)
    if form == "peft":
        claimed = claimed_bytes(files, backbone, form)  # before the backbone is used up
        adapter = files.configuration, files.tensors, files.dropout
        write_peft(folder, backbone, *adapter, base_name)
        fill_up(folder / PEFT_TENSORS, claimed)
        return
    size = claimed_bytes(files, backbone, form) if form == "adapter" else 0
    metadata = _metadata(files, backbone)
    write_adapter(folder, files.configuration, files.tensors, metadata, size)
    if form == "merged":
        merge_adapter(backbone.model, folder)
        # As the base's own files: else a model of 16 bits would become twice as large.
        backbone.model.to(getattr(torch, read_weights(backbone.folder).dtype))
        for name in (TENSORS, CONFIGURATION):
            (folder / name).unlink()
        with quiet_transformers():
            whole: Any = backbone.model if pooled is None else backbone.model.base_model
            whole.save_pretrained(folder)
        if pooled is not None:
            save_file(pooled.state_dict(), folder / HEAD_TENSORS)
        backbone.tokenizer.save_pretrained(folder)


def claimed_bytes(files: AdapterFiles, backbone: Backbone, form: FileForm) -> int:
    """Size of the file of weights, as it was claimed before the training."""
    head = head_tensors(backbone.model, backbone.heads)
    return weight_files(backbone.anatomy).size(files.configuration, form, head)


def reload_form(form: Form, folder: Path, base: Callable[[], Backbone]) -> Any:
    """The exported model as its user would load it, in eval mode."""
    backbone = base()
    if form == "merged":
        with quiet_transformers():
            model = automatic_class(backbone.kind).from_pretrained(
                folder, dtype="auto", use_safetensors=True, local_files_only=True
            )
        if (own := pooled_linear(backbone)) is not None:
            weights = folder / HEAD_TENSORS
            pooled_head.replace_head(model, backbone.pooling, own.out_features, weights)
        return model.train(False)
    if form == "adapter":
        reader = backbone.reader
        needed = reader is not None and load_adapter_files(folder).encoder is not None
        return load_adapter(backbone.model, folder, reader.folder if reader and needed else None)
    return read_peft(folder, backbone).train(False)


def _metadata(files: AdapterFiles, backbone: Backbone) -> Mapping[str, Any]:
    """With the anatomy, so that models of families without a row load too."""
    return dict(files.metadata) | {
        "anatomy": backbone.anatomy.model_dump(mode="json"),
        "kind": backbone.kind,
        "labels": list(dict(backbone.model.config.id2label or {}).values()),
    }
