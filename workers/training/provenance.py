"""What a trial's numbers depend on, recorded with each of them."""

import importlib.metadata
import platform
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch

from peftsearch.workers.models.backbone import Backbone

_PACKAGES = ("peftsearch", "torch", "transformers", "peft", "tokenizers", "safetensors")


def describe(
    backbone: Backbone, path: str, fingerprint: str, precision: str, seed: int
) -> dict[str, Any]:
    """Plain data for JSON.

    Args:
        path: The model as the job names it.
        fingerprint: Hash of the data.
        precision: Of matrix products, `float32` or `bfloat16`.
    """
    return {
        "versions": dict(_versions()),
        "model": {"path": path, "sha256": backbone.sha256, "heads": list(backbone.heads)},
        "data": fingerprint,
        "device": _device_name(backbone.device),
        "precision": precision,
        "threads": torch.get_num_threads(),
        "seed": seed,
    }


@cache
def _versions() -> Mapping[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # run from a source tree
            found[name] = "not installed"
    return found


def _device_name(device: str) -> str:
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    return str(torch.cpu.get_capabilities().get("cpu_name", platform.machine()))
