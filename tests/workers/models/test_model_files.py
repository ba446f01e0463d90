"""What is told of a model's files is of those that it was loaded from."""

import os
import shutil
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.models.backbone import load_backbone
from peftsearch.workers.models.model_files import ModelFiles, check_beside
from tests.workers.tiny import save_model, spec_on


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


def test_how_answers_end_is_known_where_a_job_looked_at_it(tmp_path: Path) -> None:
    save_model(tmp_path, "bert")
    without = ModelFiles("x", tmp_path).tell()
    path = tmp_path / "generation_config.json"
    path.write_text('{"eos_token_id": 1}')
    known = ModelFiles("x", tmp_path).tell()
    path.write_text('{"eos_token_id": 2}')
    now = ModelFiles("x", tmp_path).tell()
    check_beside("model", without, now, "job")
    with pytest.raises(UserError, match="the generation_config.json with which job was trained"):
        check_beside("model", known, now, "job")


def test_links_that_lead_nowhere_are_told_in_one_line(tmp_path: Path) -> None:
    """As a cache of the hub has them, of which something was deleted."""
    save_model(tmp_path, "bert")
    files, weights = ModelFiles("x", tmp_path), tmp_path / "model.safetensors"
    weights.rename(tmp_path / "blob")
    weights.symlink_to(tmp_path / "gone")
    with pytest.raises(UserError, match=r"stay as they are.*got .*model.safetensors.*again"):
        files.tell()
    with pytest.raises(UserError, match="weights in safetensors.*download the model again"):
        load_backbone(spec_on(tmp_path), 2, "cpu")
