"""What lies beside an adapter for those who load it: names of classes, and what makes inputs."""

import json
from pathlib import Path
from typing import Any

from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.models.backbone import Backbone, read_config

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
    return config
