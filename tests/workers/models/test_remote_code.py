"""A model that brings its own code: none of it runs, whether its family is known or not."""

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.workers.models.backbone import load_backbone
from peftsearch.workers.models.locations import read_config
from tests.workers import tiny

CODE = """
from pathlib import Path
Path(__file__).with_name("it-ran").touch()
raise SystemExit("code of a model ran")
"""
AUTO = {
    "AutoConfig": "evil.Config",
    "AutoModel": "evil.Model",
    "AutoModelForSequenceClassification": "evil.Model",
    "AutoTokenizer": ["evil.Tokenizer", "evil.Tokenizer"],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model whose files ask for the code beside them; nobody is there to be asked."""
    folder = tmp_path / "model"
    tiny.save_model(folder, "bert")
    (folder / "evil.py").write_text(CODE)
    for name in ("config.json", "tokenizer_config.json"):
        change(folder / name, auto_map=AUTO)

    def ask(*arguments: object) -> str:
        raise AssertionError("a person was asked")

    monkeypatch.setattr(builtins, "input", ask)
    return folder


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def anatomy_of(folder: Path) -> Anatomy:
    return read_anatomy(read_config(str(folder)), "classification")


def test_known_family_is_loaded_by_the_library(folder: Path) -> None:
    backbone = tiny.load(folder)
    assert type(backbone.model).__module__.startswith("transformers.models.bert")
    assert not (folder / "it-ran").exists()


def test_unknown_family_is_refused(folder: Path) -> None:
    anatomy = anatomy_of(folder)
    change(folder / "config.json", model_type="evil")
    with pytest.raises(UserError, match="'evil'"):
        tiny.load(folder)
    model = {"path": str(folder), "anatomy": anatomy.model_dump()}
    with pytest.raises(UserError):
        load_backbone(tiny.spec_on(folder, model=model), 2, "cpu")
    assert not (folder / "it-ran").exists()
