import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.files import adapter_files
from peftsearch.workers.files.adapter_files import load_adapter_files, save_adapter

CONFIGURATION = Configuration((Stratum(0, 3, (Module("lora", 2, ("query",)),)),), 1e-3)
TENSORS = {"a.lora_A.weight": torch.arange(6.0).reshape(2, 3), "score.weight": torch.ones(2)}
METADATA = {"model": {"path": "m", "sha256": "ab" * 32, "heads": ["score"]}, "seed": 1}


def _save(folder: Path) -> Path:
    save_adapter(folder, CONFIGURATION, TENSORS, METADATA)
    return folder


def test_round_trip(tmp_path: Path) -> None:
    folder = _save(tmp_path / "deep" / "adapter")
    files = load_adapter_files(folder, "ab" * 32)
    assert files.configuration == CONFIGURATION
    assert files.metadata == METADATA
    assert all(torch.equal(files.tensors[name], tensor) for name, tensor in TENSORS.items())
    assert sorted(x.name for x in folder.iterdir()) == [
        "adapter.safetensors",
        "configuration.json",
    ]
    assert [x.name for x in folder.parent.iterdir()] == ["adapter"]


def test_files_are_as_readable_as_others(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("x")
    folder = _save(tmp_path / "adapter")
    for path in folder.iterdir():
        assert path.stat().st_mode == other.stat().st_mode
    (tmp_path / "folder").mkdir()
    assert folder.stat().st_mode == (tmp_path / "folder").stat().st_mode


def test_saving_again_replaces(tmp_path: Path) -> None:
    folder = _save(tmp_path / "adapter")
    save_adapter(folder, CONFIGURATION, {"x": torch.zeros(1)}, {})
    assert set(load_adapter_files(folder).tensors) == {"x"}
    assert [x.name for x in tmp_path.iterdir()] == ["adapter"]


def test_an_error_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(adapter_files, "save_file", fail)
    with pytest.raises(OSError, match="no space"):
        _save(tmp_path / "adapter")
    assert list(tmp_path.iterdir()) == []


def _cut(folder: Path) -> None:
    path = folder / "adapter.safetensors"
    path.write_bytes(path.read_bytes()[:-4])


def _swap(folder: Path) -> None:
    save_adapter(folder.parent / "other", CONFIGURATION, {"x": torch.zeros(1)}, {})
    (folder.parent / "other" / "adapter.safetensors").replace(folder / "adapter.safetensors")


def _edit(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / "configuration.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_cut, "whole adapter.safetensors"),
        (_swap, "not what configuration.json says it is, by its hash"),
        (lambda x: (x / "adapter.safetensors").unlink(), "whole adapter.safetensors"),
        (lambda x: (x / "adapter.safetensors").write_bytes(b""), "whole adapter.safetensors"),
        (lambda x: (x / "configuration.json").unlink(), "whole configuration.json"),
        (lambda x: (x / "configuration.json").write_text("{"), "whole configuration.json"),
        (lambda x: (x / "configuration.json").write_text("[]"), "not format 1"),
        (lambda x: _edit(x, lambda c: c.update(format=2)), "not format 1"),
        (lambda x: _edit(x, lambda c: c.update(packages=["far"])), "packages are no table"),
        (lambda x: _edit(x, lambda c: c.pop("metadata")), "no configuration or no metadata"),
        (lambda x: _edit(x, lambda c: c.update(configuration={})), "learning_rate and strata"),
    ],
)
def test_spoilt_files_are_one_line(
    spoil: Callable[[Path], object], expected: str, tmp_path: Path
) -> None:
    folder = _save(tmp_path / "adapter")
    spoil(folder)
    with pytest.raises(UserError, match=expected) as caught:
        load_adapter_files(folder)
    assert "\n" not in str(caught.value)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        load_adapter_files(tmp_path / "nowhere")


def test_another_base_model_is_refused(tmp_path: Path) -> None:
    folder = _save(tmp_path / "adapter")
    with pytest.raises(UserError, match="load the base model that the adapter was trained on"):
        load_adapter_files(folder, "cd" * 32)


def test_a_technique_of_a_package_that_is_missing_is_told(tmp_path: Path) -> None:
    folder = _save(tmp_path / "adapter")
    _edit(folder, lambda content: content.update(packages={"far": "far-techniques 1.2"}))
    with pytest.raises(UserError, match="'far' of far-techniques 1.2; .* install it, or export"):
        load_adapter_files(folder)
