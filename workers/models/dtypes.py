"""In which format a backbone's weights are held, and how much memory that takes. Imports no torch
until it is asked for this machine's hardware."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from peftsearch.errors import UserError

from .locations import weight_files

LARGE = 1_000_000_000
"""Parameters from which half the memory counts for more than the last digits: 4 GB in float32."""
_SHARE = 0.5
"""Of a device's memory, which weights may take: what a step needs comes beside them."""
BYTES = {"float32": 4, "bfloat16": 2}
_STORED = {"F64": "float32", "F32": "float32", "BF16": "bfloat16"}
_LONGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class Weights:
    """What the files of a model hold.

    Attributes:
        parameters: Numbers in all tensors.
        dtype: `float32` or `bfloat16`: what most of them are stored in; others as float32.
    """

    parameters: int
    dtype: str

    def bytes(self, dtype: str) -> int:
        """Memory that they take in a format."""
        return self.parameters * BYTES[dtype]


def read_weights(folder: Path) -> Weights:
    """By the headers of the safetensors files alone.

    Raises:
        UserError: There is no such file, or it is not one.
    """
    counts: dict[str, int] = {}
    for file in weight_files(folder):
        for name, tensor in read_header(file).items():
            if name != "__metadata__":
                size = math.prod(tensor["shape"])
                counts[tensor["dtype"]] = counts.get(tensor["dtype"], 0) + size
    most = max(counts, key=lambda name: counts[name], default="F32")
    return Weights(sum(counts.values()), _STORED.get(most, "float32"))


def choose_dtype(asked: str, weights: Weights, device: str) -> str:
    """`float32` or `bfloat16`. `auto` takes float32 for small models, for which digits are cheap;
    of large ones bfloat16 where the hardware multiplies it, or where float32 does not fit.
    """
    if asked != "auto":
        return asked
    if weights.parameters < LARGE:
        return "float32"
    from peftsearch.workers.runtime.devices import choose_precision

    fits = weights.bytes("float32") <= _SHARE * _count_memory(device)
    return "float32" if fits and choose_precision("auto", device) == "float32" else "bfloat16"


def _count_memory(device: str) -> int:
    """Bytes of a device in all."""
    import torch

    if torch.device(device).type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return int(psutil.virtual_memory().total)


def _check_whole(header: Mapping[str, Any], held: int) -> None:
    """Whether the bytes behind a header are as many as it says, and shapes are shapes."""
    tensors = [x for name, x in header.items() if name != "__metadata__"]
    for tensor in tensors:
        if not all(type(x) is int and x >= 0 for x in tensor["shape"]):
            raise ValueError(f"a tensor of shape {str(tensor['shape'])[:50]}")
    said = max((x["data_offsets"][1] for x in tensors), default=0)
    if said != held:
        raise ValueError(f"{held:,} bytes of tensors where its header says {said:,}")


def read_header(file: Path) -> dict[str, Any]:
    """Type, shape and place of each tensor of a safetensors file, by name.

    Raises:
        UserError: It is none.
    """
    try:
        with file.open("rb") as content:
            length = int.from_bytes(content.read(8), "little")
            if length > _LONGEST_HEADER:
                raise ValueError(f"a header of {length:,} bytes")
            header = json.loads(content.read(length))
        if not isinstance(header, dict):
            raise ValueError("no table of tensors")
        _check_whole(header, file.stat().st_size - 8 - length)
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        expected = f"weights in safetensors in {file}"
        raise UserError(expected, str(error), "download the model again") from error
    return header
