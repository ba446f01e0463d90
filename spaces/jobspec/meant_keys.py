"""Which key of a job file was meant by one that stands where no such key is."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from peftsearch.message_text import suggest

from .section import keys_of, sections_in

_OTHERWISE = "remove it"
_KEYS: Mapping[str, str] = {
    "model.name": "model.path",
    "model.id": "model.path",
    "model.model": "model.path",
    "model_name": "model.path",
    "model_path": "model.path",
    "model_name_or_path": "model.path",
    "base_model": "model.path",
    "task.data": "task.train",
    "task.file": "task.train",
    "task.path": "task.train",
    "data": "task.train",
    "dataset": "task.train",
    "train_file": "task.train",
    "train_data": "task.train",
    "val": "task.validation",
    "eval": "task.validation",
    "task.type": "task.kind",
    "task_type": "task.kind",
    "text_column": "task.text",
    "label_column": "task.label",
    "labels": "task.label",
    "target": "task.label",
    "max_seq_length": "task.max_length",
    "lr": "space.learning_rates",
    "learning_rate": "space.learning_rates",
    "rank": "space.ranks",
    "r": "space.ranks",
    "techniques": "space.bundles",
    "methods": "space.bundles",
    "adapters": "space.bundles",
    "target_modules": "space.roles",
    "num_epochs": "training.epochs",
    "num_train_epochs": "training.epochs",
    "per_device_train_batch_size": "training.batch_size",
    "n_trials": "budget.trials",
    "max_trials": "budget.trials",
    "time": "budget.hours",
    "timeout": "budget.hours",
}
"""By a key, or by a section and a key: what other programs and people call so."""
_SECTIONS: Mapping[str, str] = {
    "data": "task",
    "dataset": "task",
    "backbone": "model",
    "base_model": "model",
    "train": "training",
    "trainer": "training",
    "hyperparameters": "training",
    "adapter": "space",
    "adapters": "space",
    "lora": "space",
    "peft": "space",
    "limits": "budget",
}


def tell_meant(
    where: str, value: Any, section: type[BaseModel], root: type[BaseModel] | None
) -> str:
    """What to do with an unknown key: which one was meant, or where it belongs.

    Args:
        where: The key with what leads to it.
        value: What stands there.
        section: Which does not have it.
        root: The whole spec; None of what is none.
    """
    key = where.rpartition(".")[2]
    if root is not None and (meant := _find_synonym(where, key, value)):
        return f"did you mean {_near(meant, where)!r}?"
    below = sections_in(section).items()
    if deeper := [f"{x}.{key}" for x, inner in below if key in keys_of(inner)]:
        return f"did you mean {deeper[0]!r}?"
    return suggest(key, keys_of(section), _tell_elsewhere(key, root))


def _find_synonym(where: str, key: str, value: Any) -> str | None:
    if isinstance(value, Mapping):
        return _SECTIONS.get(key)
    return _KEYS.get(where) or _KEYS.get(key)


def _near(meant: str, where: str) -> str:
    """Without its section, where that is the one that the other stands in."""
    section, _, key = meant.rpartition(".")
    return key if section == where.rpartition(".")[0] else meant


def _tell_elsewhere(key: str, root: type[BaseModel] | None) -> str:
    if root is None:
        return _OTHERWISE
    if key in keys_of(root):
        return "write it above the first section"
    places = [f"[{x}]" for x, inner in sections_in(root).items() if key in keys_of(inner)]
    return f"write it under {' or '.join(places)}" if places else _OTHERWISE
