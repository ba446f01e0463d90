"""Model folders as the hub has them: `config.json`, safetensors, a card."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float32]]


def write_model(
    folder: Path, config: Mapping[str, Any], tensors: Tensors, dtype: str, card: str
) -> None:
    """Write a model without its tokenizer or image processor.

    Args:
        dtype: Of the weights, as torch names it.
        card: Text of the README.
    """
    import torch
    from safetensors.torch import save_file

    write_json(folder / "config.json", {**config, "dtype": dtype})
    exact = getattr(torch, dtype)
    converted = {name: torch.tensor(values).to(exact) for name, values in tensors.items()}
    save_file(converted, folder / "model.safetensors", {"format": "pt"})
    (folder / "README.md").write_text(card, encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write an object, indented."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
