"""Whether a model is as large as its weights, asked before anything of it is allocated."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.head_tensors import POOLED
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.workers.runtime.quiet import quiet_transformers

from .checkpoints import unloadable
from .dtypes import BYTES, read_header, read_weights
from .heads import find_heads
from .locations import weight_files
from .pooled_head import replace_head

_MOST = 2
"""Times the numbers that the files hold: a fresh head and a fresh pooler are less."""


def check_size(folder: Path, kind: TaskKind, labels: int) -> None:
    """Refuse a `config.json` of a model that is far larger than the weights beside it.

    `transformers` fills tensors that the files lack or have in other shapes with fresh ones, of
    whatever size the configuration says.

    Args:
        labels: Number of classes.

    Raises:
        UserError: It is so, or the model cannot even be sketched.
    """
    held, wanted = read_weights(folder).parameters, _count_wanted(folder, kind, labels)
    if wanted > _MOST * held:
        raise UserError(
            f"a config.json of the {held:,} weights in {folder}",
            f"one of {wanted:,}",
            "download the model again",
        )


def count_base(model: nn.Module, heads: tuple[str, ...], dtype: str) -> int:
    """Bytes of a model's frozen weights: matrices in their format, vectors in float32.

    Args:
        heads: Names of the modules of the task head, which is not among them.
    """
    starts = tuple(f"{head}." for head in heads)
    frozen = (x for name, x in model.named_parameters() if not name.startswith(starts))
    weights = sum(x.numel() * (BYTES[dtype] if x.dim() > 1 else 4) for x in frozen)
    return weights + sum(x.nbytes for x in model.buffers())


def foresee_base(folder: Path, kind: TaskKind, labels: int, pooled: bool, dtype: str) -> int:
    """`count_base` of a model that nobody has loaded: its files may hold heads that are not used.

    Args:
        labels: Number of classes.
        pooled: Whether one linear takes the place of the head and the pooler of its class.
    """
    model = _sketch(folder, kind, labels)
    if pooled:
        replace_head(model, "mean", labels)
        return count_base(model, (POOLED,), dtype)
    heads = find_heads(model, set()) if kind.form.fresh_head else ()
    return count_base(model, heads, dtype)


def foresee_heads(folder: Path, kind: TaskKind, labels: int) -> tuple[str, ...]:
    """Names of the modules that the head of a model may consist of, which nobody has loaded: what
    its files lack, the head of its class, and the linear that may take its place.

    Args:
        labels: Number of classes.
    """
    if not kind.form.fresh_head:
        return ()
    model = _sketch(folder, kind, labels)
    held = {_today(name) for file in weight_files(folder) for name in read_header(file)}
    inner = f"{model.base_model_prefix}."
    names = {name for name, _ in model.named_parameters()}
    fresh = {x for x in names if not held & {x, x.removeprefix(inner), f"{inner}{x}"}}
    return (*find_heads(model, fresh), POOLED)


def _today(name: str) -> str:
    """The name of a tensor that old files call otherwise."""
    return name.replace(".gamma", ".weight").replace(".beta", ".bias")


def _count_wanted(folder: Path, kind: TaskKind, labels: int) -> int:
    """Parameters of the model."""
    return sum(parameter.numel() for parameter in _sketch(folder, kind, labels).parameters())


def _sketch(folder: Path, kind: TaskKind, labels: int) -> Any:
    """The model on a device that holds shapes alone.

    Raises:
        UserError: It cannot be had.
    """
    import transformers

    options = {"num_labels": labels} if kind.problem else {}
    automatic = getattr(transformers, kind.form.automatic)
    try:
        with torch.device("meta"), quiet_transformers():
            config = transformers.AutoConfig.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, **options
            )
            model = automatic.from_config(config)
    except Exception as error:
        raise unloadable(folder, kind, error) from error
    return model
