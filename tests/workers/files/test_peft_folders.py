"""Folders of `peft` whose files lie."""

import json
from pathlib import Path
from typing import Any

import peft
import pytest

from peftsearch.errors import UserError
from peftsearch.workers.files.peft_folders import PEFT_CONFIG, read_folder
from peftsearch.workers.files.peft_format import PEFT_TENSORS
from peftsearch.workers.files.peft_matching import said_of

TENSOR = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def write(folder: Path, header: str, **said: Any) -> Path:
    """A folder of a LoRA with such a header before four bytes."""
    (folder / PEFT_CONFIG).write_text(json.dumps({"peft_type": "LORA", "r": 4} | said))
    content = len(header).to_bytes(8, "little") + header.encode() + bytes(4)
    (folder / PEFT_TENSORS).write_bytes(content)
    return folder


def test_a_whole_one_is_read(tmp_path: Path) -> None:
    found = read_folder(write(tmp_path, json.dumps({"a": TENSOR})))
    assert (found.shapes, found.config.r) == ({"a": (1,)}, 4)


@pytest.mark.parametrize(
    "lie", [{"shape": None}, {"shape": "1"}, {"shape": [-1]}, {"shape": [[]]}]
)
def test_shapes_that_are_none_are_refused(lie: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="weights in safetensors"):
        read_folder(write(tmp_path, json.dumps({"a": TENSOR | lie})))
    del lie["shape"]
    lacking = {key: value for key, value in TENSOR.items() if key != "shape"}
    with pytest.raises(UserError, match="weights in safetensors"):
        read_folder(write(tmp_path, json.dumps({"a": lacking})))


@pytest.mark.parametrize("header", ["[" * 100_000, "[]", "1", '{"a": 1}', '{"a": {}}', "{"])
def test_headers_that_are_none_are_refused(header: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="weights in safetensors"):
        read_folder(write(tmp_path, header))


@pytest.mark.parametrize("kind", [None, [], ["LORA"], {}, 1, "LORE"])
def test_a_kind_that_peft_does_not_know_is_refused(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a peft_type that the installed peft knows"):
        read_folder(write(tmp_path, json.dumps({"a": TENSOR}), peft_type=kind))


@pytest.mark.parametrize("pattern", [True, [1], "x"])
def test_a_pattern_that_is_none_is_still_said(pattern: Any, tmp_path: Path) -> None:
    said = said_of(peft.LoraConfig(rank_pattern=pattern), "layer.query")
    assert said["rank_pattern"] == pattern


def test_a_link_to_a_device_is_refused(tmp_path: Path) -> None:
    """It has no end; whoever read it was killed for its memory."""
    folder = write(tmp_path, json.dumps({"a": TENSOR}))
    (folder / PEFT_CONFIG).unlink()
    (folder / PEFT_CONFIG).symlink_to("/dev/zero")
    with pytest.raises(UserError, match="not a regular file"):
        read_folder(folder)
