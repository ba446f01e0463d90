"""What lies beside an adapter for those who load it: names of classes, and what makes inputs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.models.backbone import Backbone, read_config
from peftsearch.workers.models.heads import REPLACED
from peftsearch.workers.runtime.small_files import read_small

_POOLING = "peftsearch_pooling"
"""Key of what a head of `peftsearch` reads, where it takes the place of the model's own."""
_CALIBRATION = "peftsearch_calibration"
"""Key of what is known of its probabilities."""
CONFIG = "config"
"""Folder of the base model's configuration. Not beside the adapter: where `transformers` finds
both files, it takes the folder for the base model and looks for its weights there."""


def write_companions(folder: Path, backbone: Backbone) -> None:
    """The tokenizer or image processor, and the base's `config.json` with the task's classes.

    `AutoTokenizer.from_pretrained(folder)` and `AutoConfig.from_pretrained(folder,
    subfolder="config")` read them, without peftsearch.
    """
    backbone.tokenizer.save_pretrained(folder)
    (folder / CONFIG).mkdir()
    text = json.dumps(_describe(backbone), indent=2, ensure_ascii=False)
    (folder / CONFIG / "config.json").write_text(text + "\n", encoding="utf-8")


def write_calibration(folder: Path, told: Mapping[str, Any] | None) -> None:
    """Add a calibration to the configuration that lies in an export, as `peftsearch_calibration`:
    that beside an adapter, or of a merged model its own."""
    beside = folder / CONFIG / "config.json"
    path = beside if beside.is_file() else folder / "config.json"
    if told is None or not path.is_file():
        return
    config = json.loads(path.read_text(encoding="utf-8")) | {_CALIBRATION: told}
    text = json.dumps(config, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_companion(folder: Path) -> tuple[str | None, tuple[str, ...]]:
    """What `write_companions` told of an adapter: the pooling of a head of its own, and the names
    of its classes. None and nothing of a folder without, such as `peft` writes."""
    try:
        config = json.loads(read_small(folder / CONFIG / "config.json"))
        pooling, names = config.get(_POOLING), config.get("id2label") or {}
        labels = tuple(str(names[key]) for key in sorted(names, key=int))
    except (OSError, ValueError, AttributeError, TypeError):
        return None, ()
    return (pooling if pooling in REPLACED else None), labels


def _describe(backbone: Backbone) -> dict[str, Any]:
    """The base's own file, so that no key takes a default of the `transformers` of today."""
    config, kind = read_config(str(backbone.folder)), find_kind(backbone.kind)
    if kind.form.inputs == "text":
        config["pad_token_id"] = backbone.tokenizer.pad_token_id
    if kind.problem is not None:
        names = dict(backbone.model.config.id2label or {})
        config.pop("num_labels", None)
        config["problem_type"] = kind.problem
        config["id2label"] = {str(index): name for index, name in names.items()}
        config["label2id"] = {name: int(index) for index, name in names.items()}
    if backbone.pooling in REPLACED:
        config[_POOLING] = backbone.pooling
    return config
