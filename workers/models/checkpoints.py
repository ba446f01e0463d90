"""What the small files of a model's folder say that nobody could search on. Imports no torch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.workers.runtime.confines import check_plain_names
from peftsearch.workers.runtime.small_files import read_small

_ADAPTER = "adapter_config.json"
_AGAIN = "download the model again"
_QUANTISED = ("quantization_config", "compression_config", "quantization")
"""Keys of a `config.json`; the last is that of MLX."""
_QUANTISED_FILES = ("quantize_config.json", "quant_config.json")
"""Written by older programs instead of a key."""
MOST_CLASSES = 100_000
"""Of a head in the files: `transformers` makes up a name for each, of a billion too."""


def read_object(file: Path) -> dict[str, Any]:
    """The object of a JSON file.

    Raises:
        UserError: It is missing, or is not JSON or no object.
    """
    folder = file.parent
    try:
        content = json.loads(read_small(file))
    except FileNotFoundError:
        raise UserError(
            f"a model folder with a {file.name}", f"none in {folder}", "check model.path"
        ) from None
    except (ValueError, OSError, RecursionError) as error:
        raise UserError(f"a readable {file.name} in {folder}", str(error), _AGAIN) from error
    if not isinstance(content, dict):
        raise UserError(f"a {file.name} with one object", f"another in {folder}", "correct it")
    return content


def check_checkpoint(folder: Path) -> None:
    """Refuse a folder that holds more, or something else, than a plain model.

    Raises:
        UserError: As `check_beside` and `check_config`.
    """
    check_beside(folder)
    if (folder / "config.json").exists():
        check_config(read_object(folder / "config.json"), str(folder))


def check_beside(folder: Path) -> None:
    """Refuse what other programs put beside a model, of which `transformers` would make another.

    Raises:
        UserError: There is somebody's adapter, the note of a program that quantised, or an index
            of weights that lead elsewhere.
    """
    if (folder / _ADAPTER).exists():
        # transformers would load it into the model, and every trial would train on top of it.
        raise UserError(
            "a model without somebody's adapter",
            f"{_ADAPTER} in {folder}",
            "move it and its weights to another folder, or merge it into the model",
        )
    for index in sorted(folder.glob("*.safetensors.index.json")):
        _check_index(index)
    if named := [name for name in _QUANTISED_FILES if (folder / name).exists()]:
        raise _quantised(named[0], folder)


def _check_index(file: Path) -> None:
    """Shards lie beside their index: `../` in one would lead to weights of somebody else."""
    shards = read_object(file).get("weight_map")
    if not isinstance(shards, dict):
        raise UserError(f"a table weight_map in {file}", show(shards), _AGAIN)
    check_plain_names(shards.values(), file, _AGAIN)


def check_config(config: Mapping[str, Any], where: str) -> None:
    """Refuse a configuration of quantised weights, or of a head beyond all measure.

    Args:
        where: The model, for people.

    Raises:
        UserError: It is one.
    """
    for key in _QUANTISED:
        if config.get(key):
            raise _quantised(key, where, config[key])
    classes = config.get("num_labels")
    if isinstance(classes, (int, float)) and classes > MOST_CLASSES:
        expected, got = f"a head of at most {MOST_CLASSES:,} classes", f"num_labels {classes:g}"
        raise UserError(expected, f"{got} in the config.json of {where}", "correct it")


def unloadable(folder: Path, kind: TaskKind, error: Exception) -> UserError:
    """What to tell of an error that `transformers` raised on a model's folder."""
    if "Unrecognized configuration class" in str(error):
        expected = f"a model that {kind.form.automatic} of transformers can load"
        return UserError(expected, str(folder), "use another model or task.kind")
    return UserError(f"a loadable model in {folder}", reason(error), _AGAIN)


def reason(error: Exception) -> str:
    """An error's type and its first line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def _quantised(named: str, where: Path | str, details: Any = None) -> UserError:
    method = details.get("quant_method") if isinstance(details, Mapping) else None
    by = f" ({method})" if isinstance(method, str) else ""
    return UserError(
        "a model whose weights are not quantised",
        f"{named}{by} in {where}",
        "use the checkpoint in 16 or 32 bits that it was made from",
    )
