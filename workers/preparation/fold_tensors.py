"""What is kept of several folds together, as safetensors: names of the further folds end with
their numbers."""

from collections.abc import Sequence

import torch
from safetensors.torch import load, save

_OF_FOLD = " of fold "


def join_folds(of_folds: Sequence[bytes]) -> bytes:
    """The tensors of all folds; empty where there are none."""
    return _save(
        {
            f"{name}{f'{_OF_FOLD}{fold}' if fold else ''}": tensor
            for fold, x in enumerate(of_folds)
            for name, tensor in _load(x).items()
        }
    )


def take_fold(tensors: bytes, fold: int) -> dict[str, torch.Tensor]:
    """What is kept of a fold, such as the head that its training starts from; of a job without
    folds there is one, 0."""
    named = [(*name.partition(_OF_FOLD)[::2], x) for name, x in _load(tensors).items()]
    return {name: x for name, other, x in named if (other or "0") == str(fold)}


def keep_named(tensors: bytes, name: str | None) -> bytes:
    """What has that name in any fold."""
    return _save({k: x for k, x in _load(tensors).items() if k.partition(_OF_FOLD)[0] == name})


def _load(tensors: bytes) -> dict[str, torch.Tensor]:
    return load(tensors) if tensors else {}


def _save(tensors: dict[str, torch.Tensor]) -> bytes:
    return save(tensors) if tensors else b""
