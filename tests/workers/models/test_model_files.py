"""What is told of a model's files is of those that it was loaded from."""

import os
import shutil
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.models.model_files import ModelFiles, check_beside
from tests.workers.tiny import save_model


def test_files_that_are_exchanged_while_the_model_is_loaded_are_told_of_nowhere(
    tmp_path: Path,
) -> None:
    save_model(tmp_path, "bert")
    for name in ("tokenizer.json", "model.safetensors"):
        files = ModelFiles("x", tmp_path)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b" ")
        with pytest.raises(UserError, match="stay as they are.*got others by now.*again"):
            files.tell()
    assert ModelFiles("x", tmp_path).tell()["path"] == "x"


def test_copies_and_new_times_are_the_same_files(tmp_path: Path) -> None:
    save_model(tmp_path / "old", "bert")
    known = ModelFiles("x", tmp_path / "old").tell()
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    for path in (tmp_path / "new").iterdir():
        os.utime(path, (1.0, 1.0))
    (tmp_path / "new" / "._tokenizer.json").write_text("of another system")
    (tmp_path / "new" / "README.md").write_text("a word")
    there = ModelFiles("x", tmp_path / "new").tell()
    assert there["sha256"] == known["sha256"] and "tokenizer.json" in there["files_beside"]
    check_beside("model", known, there, "job")
