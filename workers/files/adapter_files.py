"""A trained adapter on disk: `adapter.safetensors` and `configuration.json` in one folder."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from peftsearch.durable import sync, sync_tree
from peftsearch.errors import UserError
from peftsearch.records.preparation import Pooling
from peftsearch.records.trial import ENCODER
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.techniques.table import TECHNIQUES, providers
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.model_files import check_beside
from peftsearch.workers.runtime.small_files import read_small

from .ownership import CONFIGURATION, TENSORS, hash_tensors
from .tensor_files import METADATA, fill_up

FORMAT = 1


@dataclass(frozen=True)
class AdapterFiles:
    """What a folder holds.

    Attributes:
        metadata: What was given to `save_adapter`; of a trial, its provenance.
    """

    configuration: Configuration
    tensors: Mapping[str, torch.Tensor]
    metadata: Mapping[str, Any]

    @property
    def pooling(self) -> Pooling:
        """What its head reads; adapters of earlier versions have the head of the model's class."""
        found: Pooling = self.metadata.get("head", {}).get("pooling", "model")
        return found

    @property
    def encoder(self) -> Mapping[str, Any] | None:
        """What makes its prompts from each text beside the model, as `records.trial.ENCODER`
        says; None of adapters that need none."""
        found: Mapping[str, Any] | None = self.metadata.get(ENCODER)
        return found

    @property
    def dropout(self) -> float:
        """With which it was trained; adapters of earlier versions had none."""
        return float(self.metadata.get("dropout", 0.0))


def save_adapter(
    folder: Path,
    configuration: Configuration,
    tensors: Mapping[str, torch.Tensor],
    metadata: Mapping[str, Any],
) -> str:
    """Write the folder, whole or not at all; one that exists is replaced.

    Returns:
        The hash of its tensors, by which they are known again.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        sha256 = write_adapter(part, configuration, tensors, metadata)
        publish(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return sha256


def write_adapter(
    folder: Path,
    configuration: Configuration,
    tensors: Mapping[str, torch.Tensor],
    metadata: Mapping[str, Any],
    size: int = 0,
) -> str:
    """Write both files into a folder that exists; the hash of the tensors, which it holds too.

    Args:
        size: Of the file of tensors, in bytes, where it would be smaller.
    """
    save_file(dict(tensors), folder / TENSORS, metadata=METADATA)
    fill_up(folder / TENSORS, size)
    sha256 = hash_tensors(folder)
    content = {
        "format": FORMAT,
        "sha256": sha256,
        "configuration": configuration.to_json(),
        "metadata": dict(metadata),
    }
    if packages := providers(configuration.techniques):
        content["packages"] = packages
    with (folder / CONFIGURATION).open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    return sha256


def load_adapter_files(folder: Path, model_sha256: str | None = None) -> AdapterFiles:
    """Read what `save_adapter` wrote.

    Args:
        model_sha256: Hash of the base model's weights that the adapter will go into; None skips
            the check.

    Raises:
        UserError: A file is missing, corrupt or of another adapter than the one beside it, or the
            adapter belongs to another base model.
    """
    content = _read_configuration(folder / CONFIGURATION)
    metadata = content["metadata"]
    _check_base(metadata, model_sha256)
    _check_packages(content.get("packages", {}))
    configuration = Configuration.from_json(content["configuration"])
    tensors = _read_tensors(folder / TENSORS)
    if content.get("sha256", sha256 := hash_tensors(folder)) != sha256:
        raise _unreadable(folder / TENSORS, f"not what {CONFIGURATION} says it is, by its hash")
    return AdapterFiles(configuration, tensors, metadata)


def load_trained(folder: Path, backbone: Backbone) -> AdapterFiles:
    """Read what a trial saved, to go into its job's model.

    Raises:
        UserError: As `load_adapter_files`, or another tokenizer or configuration lies beside the
            weights than it was trained with.
    """
    files = load_adapter_files(folder, backbone.sha256)
    for name, now in backbone.tell_files().items():
        check_beside(name, files.metadata.get(name, {}), now, "this adapter")
    return files


def check_encoder(files: AdapterFiles, sha256: str) -> None:
    """Refuse another encoder than the one that an adapter was trained with.

    Raises:
        UserError: It is another.
    """
    if files.encoder is not None and files.encoder["sha256"] != sha256:
        raise UserError(
            f"the encoder {files.encoder['path']!r} with weights {files.encoder['sha256'][:12]}",
            f"weights {sha256[:12]}",
            "load the encoder that the adapter was trained with",
        )


def _read_configuration(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_small(path))
    except OSError as error:
        raise _unreadable(path, error.strerror or "unreadable") from error
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _unreadable(path, f"not format {FORMAT}")
    if not isinstance(content.get("packages", {}), dict):
        raise _unreadable(path, "packages are no table")
    if not isinstance(content.get("metadata"), dict) or "configuration" not in content:
        raise _unreadable(path, "no configuration or no metadata")
    return content


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> UserError:
    return UserError(
        f"an adapter with a whole {path.name}",
        f"{path}: {reason}",
        "export it again, or name another folder",
    )


def _check_packages(packages: Mapping[str, str]) -> None:
    """Of techniques that are not ours."""
    if missing := sorted(name for name in packages if name not in TECHNIQUES):
        raise UserError(
            f"the technique {missing[0]!r} of {packages[missing[0]]}",
            "a Python without that package",
            "install it, or export the trial as merged where it was trained",
        )


def _check_base(metadata: Mapping[str, Any], model_sha256: str | None) -> None:
    model = metadata.get("model", {})
    trained_on = model.get("sha256")
    if None not in (model_sha256, trained_on) and model_sha256 != trained_on:
        raise UserError(
            f"the base model {model.get('path')!r} with weights {str(trained_on)[:12]}",
            f"weights {str(model_sha256)[:12]}",
            "load the base model that the adapter was trained on",
        )


def publish(part: Path, folder: Path, replace: bool = True) -> None:
    """Rename `part` to `folder`, on the disk whole, readable as the user's other files are.

    A folder that stands is moved away first, since rename replaces only empty ones.

    Args:
        replace: Whether what stands there may go, which may have come a moment ago.

    Raises:
        OSError: It cannot be written, or something stands there that may not go.
    """
    _share(part)
    sync_tree(part)
    if folder.exists() and (replace or folder.is_symlink()):
        old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        folder.rename(old / "old")
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        part.rename(folder)
    sync(folder.parent)


def _share(folder: Path) -> None:
    """Temporary folders and safetensors files are made for their owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)
    for path in folder.rglob("*"):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)
