"""Backbones in 16 bits: chosen by size and hardware, trained in float32, exported as they were."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForSequenceClassification

from peftsearch.errors import UserError
from peftsearch.results.exports.export import export
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.techniques.applicability import find_stack_obstacle
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.models import dtypes
from peftsearch.workers.models.dtypes import LARGE, Weights, choose_dtype, read_weights
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.results.trained import train
from tests.workers.runners import LORA, write_texts
from tests.workers.tiny import LAYERS, complete, save_model, spec_on, state_of


def open_half(folder: Path, family: str, stored: str = "bfloat16", **model: Any) -> TrialRunner:
    """A runner in bfloat16 over a tiny model whose files are in `stored`."""
    place = folder / family
    save_model(place, family)
    loaded = AutoModelForSequenceClassification.from_pretrained(place)
    loaded.to(getattr(torch, stored)).save_pretrained(place)
    data = write_texts(folder / "data.csv")
    section = {"path": str(place), "dtype": "bfloat16"} | model
    training = {"batch_size": 8, "epochs": 1, "checkpoints": 1}
    spec = spec_on(place, model=section, task={"train": str(data)}, training=training)
    return TrialRunner.open(complete(spec), "cpu")


def test_weights_are_counted_by_the_headers_of_their_files(tmp_path: Path) -> None:
    runner = open_half(tmp_path, "llama")
    found = read_weights(runner.backbone.folder)
    numbers = sum(x.numel() for x in runner.backbone.model.parameters())
    assert found == Weights(numbers, "bfloat16")
    assert (found.bytes("float32"), found.bytes("bfloat16")) == (4 * numbers, 2 * numbers)
    file = runner.backbone.folder / "model.safetensors"
    whole = file.read_bytes()
    for wrong in (whole[:-100], whole + b"more"):
        file.write_bytes(wrong)
        with pytest.raises(UserError, match="bytes of tensors where its header says"):
            read_weights(runner.backbone.folder)
    file.write_bytes(b"\xff" * 8 + b"{}")
    with pytest.raises(UserError, match="weights in safetensors"):
        read_weights(runner.backbone.folder)


@pytest.mark.parametrize(
    ("asked", "parameters", "memory", "fast", "expected"),
    [
        ("auto", 100_000_000, 10**12, True, "float32"),
        ("auto", LARGE, 10**12, True, "bfloat16"),
        ("auto", LARGE, 10**12, False, "float32"),  # where it would be emulated
        ("auto", LARGE, 6 * 10**9, False, "bfloat16"),  # but for memory
        ("float32", LARGE, 10**9, True, "float32"),
        ("bfloat16", 1000, 10**12, False, "bfloat16"),
    ],
)
def test_the_format_is_chosen_by_size_and_hardware(
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    parameters: int,
    memory: int,
    fast: bool,
    expected: str,
) -> None:
    precision = "bfloat16" if fast else "float32"
    monkeypatch.setattr(dtypes, "_count_memory", lambda device: memory)
    monkeypatch.setattr(
        "peftsearch.workers.runtime.devices.choose_precision", lambda *_: precision
    )
    assert choose_dtype(asked, Weights(parameters, "bfloat16"), "cpu") == expected


def carry(runner: TrialRunner, name: str) -> Configuration | None:
    """That technique alone, in the upper layers; None where the family cannot carry it."""
    row, (stack,) = TECHNIQUES[name], runner.spec.anatomy.stacks
    named = row.roles or ("query", "value")
    roles = tuple(x for x in named if x in stack.linears) if row.injects else ()
    sizes = row.capacities or (0,)
    usable = [x for x in sizes if not find_stack_obstacle(row, stack, roles, x)]
    if row.input is not None or not row.adapts or not usable:
        return None
    module = Module(name, usable[0], roles)
    return Configuration((Stratum(0, LAYERS, (module,), (1, 2)),), 3e-3)


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_every_core_technique_trains_in_float32_on_a_base_in_bfloat16(
    tmp_path: Path, family: str
) -> None:
    runner = open_half(tmp_path, family)
    assert runner.precision == "bfloat16"
    before = state_of(runner.backbone)
    for x in before.values():
        assert x.dtype == (torch.float32 if x.dim() < 2 else torch.bfloat16)
    tried = 0
    for name, row in TECHNIQUES.items():
        found = carry(runner, name) if row.status == "core" else None
        if found is None:
            continue
        tried += 1
        outcome = runner.evaluate(found, 1)
        assert {x.dtype for x in outcome.tensors.values() if x.is_floating_point()} == {
            torch.float32
        }, name
        again = runner.predict(found, outcome.tensors, runner.encoded("validation"))
        assert (again.argmax(1).numpy() == outcome.predictions).all(), name
        assert _equal(state_of(runner.backbone), before), name
    assert tried > 8
    assert runner.provenance(1)["dtype"] == "bfloat16"


def test_training_in_bfloat16_learns_what_float32_does(tmp_path: Path) -> None:
    half = open_half(tmp_path, "bert", stored="float32")
    longer = half.spec.training.model_copy(update={"epochs": 6.0})
    half.spec = half.spec.model_copy(update={"training": longer})
    assert half.evaluate(LORA, 3).measurements["accuracy"] > 0.9


@pytest.mark.parametrize("form", ["peft", "adapter", "merged"])
def test_exports_of_a_base_in_bfloat16_keep_its_format(tmp_path: Path, form: str) -> None:
    runner = open_half(tmp_path, "llama")
    trial = train(runner, LORA, tmp_path / "trial")
    report = export(runner.spec, trial, tmp_path / "trial", tmp_path / "out", form)
    assert report.form == form
    (file,) = (tmp_path / "out").glob("*.safetensors")
    found = _formats(file)
    if form == "merged":
        assert set(found.values()) == {"BF16"}
        assert file.stat().st_size < 1.2 * (runner.backbone.folder / file.name).stat().st_size
    else:
        assert set(found.values()) == {"F32"}


def test_a_base_of_16_bits_that_was_searched_in_float32_is_merged_as_it_was(
    tmp_path: Path,
) -> None:
    runner = open_half(tmp_path, "llama", dtype="float32")
    assert runner.backbone.dtype == "float32"
    trial = train(runner, LORA, tmp_path / "trial")
    export(runner.spec, trial, tmp_path / "trial", tmp_path / "out", "merged")
    assert set(_formats(tmp_path / "out" / "model.safetensors").values()) == {"BF16"}


def _equal(left: Mapping[str, torch.Tensor], right: Mapping[str, torch.Tensor]) -> bool:
    return list(left) == list(right) and all(
        left[name].dtype == x.dtype and torch.equal(left[name], x) for name, x in right.items()
    )


def _formats(file: Path) -> dict[str, str]:
    with safe_open(file, framework="pt") as tensors:
        return {name: tensors.get_slice(name).get_dtype() for name in tensors.keys()}
