"""What a folder holds beside a plain model is refused by name, before any weight is read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
from huggingface_hub.utils._paths import filter_repo_objects
from transformers import AutoModelForSequenceClassification

from peftsearch.errors import UserError
from peftsearch.workers.models import locations
from peftsearch.workers.models.locations import fetch_model, read_config
from peftsearch.workers.runtime.quiet import quiet_peft
from tests.workers.tiny import load, save_model

from .configs import change


@pytest.mark.parametrize("use", [load, fetch_model, read_config])
def test_somebodys_adapter_beside_the_model(tmp_path: Path, use: Callable[..., Any]) -> None:
    """transformers loads it into the model by itself, and says nothing."""
    folder = save_model(tmp_path / "m", "bert")
    plain = AutoModelForSequenceClassification.from_pretrained(folder)
    config = peft.LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"])
    with quiet_peft():
        peft.get_peft_model(plain, config).save_pretrained(str(folder))
    with pytest.raises(UserError, match=r"adapter_config\.json in .*; move it"):
        use(folder if use is load else str(folder))


@pytest.mark.parametrize(
    "changes",
    [
        {"quantization_config": {"quant_method": "gptq", "bits": 4}},
        {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}},
        {"compression_config": {"quant_method": "compressed-tensors"}},
        {"quantization": {"group_size": 64, "bits": 4}},
    ],
)
def test_quantised_weights(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = save_model(tmp_path / "m", "bert")
    change(folder, **changes)
    ((key, details),) = changes.items()
    by = f" ({details['quant_method']})" if "quant_method" in details else ""
    with pytest.raises(UserError, match="in 16 or 32 bits that it was made from") as caught:
        read_config(str(folder))
    assert caught.value.got == f"{key}{by} in {folder}"
    with pytest.raises(UserError, match="not quantised"):
        load(folder)


def test_weights_that_an_old_program_quantised(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", "bert")
    (folder / "quantize_config.json").write_text('{"bits": 4}')
    with pytest.raises(UserError, match=r"quantize_config\.json in"):
        fetch_model(str(folder))


def test_a_key_without_a_value_quantises_nothing(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", "bert")
    change(folder, quantization_config=None)
    assert read_config(str(folder))["quantization_config"] is None


def test_a_repository_is_fetched_once_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {
        "config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer.model",
        "merges.txt",
        "vocab.txt",
        "vocab.bpe",
        "chat_template.jinja",
        "adapter_config.json",
        "preprocessor_config.json",
    }
    second = {
        "consolidated.safetensors",
        "consolidated.00.pth",
        "pytorch_model.bin",
        "model.fp16.safetensors",
        "original/model.safetensors",
        "onnx/model.onnx",
        "onnx/config.json",
        "openvino/openvino_model.bin",
        "tf_model.h5",
        "flax_model.msgpack",
        "adapter_model.safetensors",
        "README.md",
    }
    (tmp_path / "model.safetensors").write_bytes(b"")
    asked: dict[str, Any] = {}

    def snapshot(name: str, **patterns: Any) -> str:
        asked.update(patterns)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    locations.fetch_model("who/model")
    assert set(filter_repo_objects(sorted(wanted | second), **asked)) == wanted


def test_what_a_model_is_known_by_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the same model, fetched here and copied there, would be two."""
    names = {"config.json", "tokenizer.json", "vocab", "vocab.bpe", "vocab-large.bin", "spm.model"}
    for name in (*names, "model.safetensors", "README.md"):
        (tmp_path / name).write_bytes(b"{}")
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download",
        lambda name, **patterns: asked.update(patterns) or str(tmp_path),
    )
    known = locations.hash_files_beside(locations.fetch_model("who/model")).keys()
    assert known == names
    assert set(filter_repo_objects(sorted(known), **asked)) == known


@pytest.mark.parametrize(
    "shards",
    [
        {"a": "../other/model.safetensors"},
        {"a": "model-1.safetensors", "b": "/etc/passwd"},
        {"a": "folder/model.safetensors"},
        {"a": "..\\model.safetensors"},
        {"a": ".."},
        {"a": ""},
        {"a": None},
        {"a": ["model.safetensors"]},
        ["model.safetensors"],
        None,
        "model.safetensors",
    ],
)
def test_an_index_leads_to_no_weights_elsewhere(tmp_path: Path, shards: Any) -> None:
    """Refused before anything is loaded, by the name of the file and of what it says."""
    folder = tmp_path / "model"
    save_model(folder, "bert")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": shards}))
    for use in (lambda: read_config(str(folder)), lambda: fetch_model(str(folder))):
        with pytest.raises(UserError, match=r"model\.safetensors\.index\.json"):
            use()


def test_an_index_of_plain_names_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_model(folder, "bert")
    index = {"weight_map": {"a": "model-00001-of-00001.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert read_config(str(folder))["model_type"] == "bert"
