"""Folders that `peft` wrote, wherever that was: found, read, and not yet understood."""

import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

from peftsearch.errors import UserError
from peftsearch.message_text import show, show_failed
from peftsearch.workers.models.dtypes import read_header
from peftsearch.workers.runtime.small_files import read_small

from .companions import read_companion
from .peft_format import PEFT_TENSORS

PEFT_CONFIG = "adapter_config.json"
_CHECKPOINT = re.compile("checkpoint-[0-9]++")
_KEPT = "save it again with `save_pretrained` of peft"


@dataclass(frozen=True)
class PeftFolder:
    """One adapter.

    Attributes:
        config: What its `adapter_config.json` says, an object of a class of `peft`.
        shapes: Shape by name of each tensor of its file.
        pooling: What its head reads, where `peftsearch` exported it with a head of its own.
        labels: Names of its classes in the order of its outputs, where it says them.
    """

    path: Path
    config: Any
    shapes: Mapping[str, tuple[int, ...]]
    pooling: str | None
    labels: tuple[str, ...]

    @cached_property
    def sha256(self) -> str:
        """Of the file of tensors."""
        return sha256((self.path / PEFT_TENSORS).read_bytes()).hexdigest()


def find_folders(root: Path) -> list[str]:
    """Names of all adapter folders below a folder, or of itself, sorted. What lies within one,
    such as checkpoints of its training, is not looked at.

    Raises:
        UserError: There is none, or there are several checkpoints of one training.
    """
    files = _find_configs(root)
    names = [file.parent.relative_to(root) for file in files]
    kept = [x for x in names if not any(part.startswith(".") for part in x.parts)]
    outer = [x for x in kept if not set(x.parents) & set(kept)]
    if not outer:
        hint = "name the folder that they lie in"
        raise UserError(f"adapters that peft saved below {root}", f"no {PEFT_CONFIG}", hint)
    states: dict[Path, Path] = {}
    for name in (x for x in outer if _CHECKPOINT.fullmatch(x.name)):
        if (other := states.setdefault(name.parent, name)) is not name:
            got = f"{other} and {name.name} in {root}"
            hint = "they are one training: keep its last and move the others away"
            raise UserError("one adapter of each training", got, hint)
    return sorted(x.as_posix() for x in outer)


def _find_configs(root: Path) -> list[Path]:
    try:
        return sorted(root.rglob(PEFT_CONFIG))
    except OSError as error:  # of a folder within that is closed, or goes meanwhile
        got = show_failed(str(root), error)
        raise UserError("a readable folder of adapters", got, "check the folder") from error


def read_folder(path: Path) -> PeftFolder:
    """An adapter folder.

    Raises:
        UserError: A file is missing or unreadable, or of no kind that this `peft` knows.
    """
    said = _read_json(path / PEFT_CONFIG)
    config = _make_config(said, path / PEFT_CONFIG)
    if not (path / PEFT_TENSORS).is_file():
        raise UserError(f"{PEFT_TENSORS} in {path}", "no such file", _KEPT)
    try:
        header = read_header(path / PEFT_TENSORS)
    except UserError as error:
        raise UserError(error.expected, error.got, _KEPT) from error
    shapes = {x: tuple(entry["shape"]) for x, entry in header.items() if x != "__metadata__"}
    pooling, labels = read_companion(path)
    return PeftFolder(path, config, shapes, pooling, labels)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(read_small(file))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            "a readable adapter_config.json", show_failed(str(file), error), _KEPT
        ) from error
    if not isinstance(said, dict):
        raise UserError(f"a table in {file}", show(said), _KEPT)
    return said


def _make_config(said: Mapping[str, Any], file: Path) -> Any:
    """The object that `peft` makes of it. What this version does not know may only be left out
    where it says nothing."""
    named = said.get("peft_type")
    known_kinds = dict[Any, Any](PEFT_TYPE_TO_CONFIG_MAPPING)
    kind: Any = known_kinds.get(named) if isinstance(named, str) else None
    if kind is None:
        got = f"{show(named)} in {file}"
        raise UserError("a peft_type that the installed peft knows", got, "upgrade peft")
    known = {field.name for field in fields(kind) if field.init}
    if unknown := sorted(key for key, value in said.items() if key not in known and value):
        got = f"{show(unknown[0])} in {file}"
        raise UserError(
            f"keys that the installed peft has for {kind.__name__}", got, "upgrade peft"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return kind(**{key: value for key, value in said.items() if key in known})
    except (TypeError, ValueError) as error:
        got = show_failed(str(file), error)
        raise UserError(f"a {kind.__name__} that peft takes", got, "correct it") from error
