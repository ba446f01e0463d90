"""Files of weights are as large as was claimed before there were any weights."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors.torch import load_file, save

from peftsearch.spaces.configurations import weight_files
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes
from peftsearch.spaces.configurations.forms import shipped_form
from peftsearch.spaces.configurations.groups import in_peft, peft_row
from peftsearch.spaces.configurations.weight_files import FileForm, WeightFiles
from peftsearch.spaces.techniques.applicability import find_stack_obstacle
from peftsearch.spaces.techniques.table import TECHNIQUES, Technique
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.files.adapter_files import AdapterFiles
from peftsearch.workers.files.formats import write_form
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.heads import head_tensors
from tests.workers.families import LAYERS, save_model
from tests.workers.lives import calibrate, load, predict

SIZES: dict[str, dict[str, Any]] = {
    "bert": {"hidden_size": 64, "intermediate_size": 128},
    "llama": {"hidden_size": 64, "intermediate_size": 128},
    "gpt2": {"n_embd": 64, "n_inner": 128},
    "t5": {"d_model": 64, "d_kv": 16, "d_ff": 128},
    "deberta": {"hidden_size": 64, "intermediate_size": 128},
}
CORE_ALONE = ("t5", "deberta")
LARGER_IN_PEFT = {"delora", "glora", "ssf", "frod", "lora_fa", "ortho"}
FILES: Mapping[FileForm, str] = {
    "adapter": "adapter.safetensors",
    "peft": "adapter_model.safetensors",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def open_model(folder: Path, family: str) -> Backbone:
    if not (folder / family).exists():
        save_model(folder / family, family, **SIZES[family])
    return load(folder / family, "classification")


def copy_of(backbone: Backbone) -> Backbone:
    return replace(backbone, model=deepcopy(backbone.model))


def capacities(row: Technique, backbone: Backbone) -> Iterator[Configuration]:
    """The smallest that fits, for BERT the largest too, in all layers but the lowest."""
    anatomy = backbone.anatomy
    roles = tuple(x for x in row.roles or anatomy.linears if x in anatomy.linears)
    if row.injects and not roles or row.input and len(anatomy.stacks) > 1:
        return
    fitting = [
        x
        for x in row.capacities or (0,)
        if not any(find_stack_obstacle(row, stack, roles, x) for stack in anatomy.stacks)
    ]
    ends = {*fitting[:1], *(fitting[-1:] if anatomy.family == "bert" else ())}
    for x in sorted(ends):
        if row.input:
            yield Configuration((Stratum(0, anatomy.layers),), 1e-3, Module(row.name, x))
            continue
        module = Module(row.name, x, roles if row.injects else ())
        modules = (module,) if row.adapts else ()
        strata = (Stratum(0, 1), Stratum(1, anatomy.layers, modules))
        yield Configuration(strata, 1e-3)


def make_files(backbone: Backbone, configuration: Configuration) -> AdapterFiles:
    """An adapter as it starts."""
    attachment = attach(backbone, configuration, 3, lambda: calibrate(backbone))
    try:
        return AdapterFiles(configuration, attachment.tensors(), {})
    finally:
        attachment.detach()


def payload(path: Path, heads: tuple[str, ...]) -> int:
    tensors = load_file(path)
    own = {name.removeprefix("base_model.model."): x for name, x in tensors.items()}
    return sum(x.nbytes for name, x in own.items() if not name.startswith(heads))


@pytest.mark.filterwarnings("ignore:Detected that the base layer has no bias")
@pytest.mark.parametrize("family", SIZES)
def test_claimed_and_written_bytes_are_equal(family: str, folder: Path, tmp_path: Path) -> None:
    backbone = open_model(folder, family)
    claims, head = WeightFiles(backbone.anatomy), head_tensors(backbone.model, backbone.heads)
    wrong: list[tuple[object, ...]] = []
    larger: set[str] = set()
    seen = 0
    for name, row in TECHNIQUES.items():
        if family in CORE_ALONE and row.status != "core":
            continue
        for configuration in capacities(row, backbone):
            files = make_files(backbone, configuration)
            sizes = {}
            for form in FILES:
                if form == "peft" and peft_row(in_peft(configuration)) is None:
                    continue
                out = tmp_path / f"{seen}-{form}"
                out.mkdir()
                write_form(form, out, files, lambda: copy_of(backbone))
                path = out / FILES[form]
                written = payload(path, backbone.heads), path.stat().st_size
                claimed = (
                    claims.tensor_bytes(configuration, form),
                    claims.size(configuration, form, head),
                )
                sizes[form] = written[0]
                wrong += [(name, form, claimed, written)] * (claimed != written)
                seen += 1
            shipped = sizes[shipped_form(configuration, backbone.anatomy)]
            larger |= {name} if sizes.get("peft", 0) > sizes["adapter"] else set()
            wrong += [(name, "ships", shipped)] * (
                shipped != adapter_bytes(configuration, backbone.anatomy)
            )
    assert wrong == []
    assert seen > (10 if family in CORE_ALONE else 40) and larger <= LARGER_IN_PEFT


MIXTURES = [
    (Module("lora", 4, ("query",)), Module("bitfit")),
    (Module("lora", 4, ("query",)), Module("lora", 4, ("value",), 2.0), Module("serial", 8)),
    (Module("tinylora", 4, ("query",)), Module("tinylora", 4, ("value",), 2.0)),
    (Module("ln_tuning"), Module("bitfit"), Module("full")),
    (Module("supertuning", 5, ("mlp_in",)), Module("adamss", 5, ("query",))),
    (Module("prefix", 2), Module("compacter", 8)),
]


@pytest.mark.parametrize("modules", MIXTURES)
def test_files_of_mixtures_are_as_claimed(
    modules: tuple[Module, ...], folder: Path, tmp_path: Path
) -> None:
    backbone = open_model(folder, "bert")
    strata = (Stratum(0, 1, modules), Stratum(1, 2), Stratum(2, LAYERS, modules[:1]))
    configuration = Configuration(strata, 1e-3)
    files, form = (
        make_files(backbone, configuration),
        shipped_form(configuration, backbone.anatomy),
    )
    write_form(form, tmp_path, files, lambda: copy_of(backbone))
    path = tmp_path / FILES[form]
    head = head_tensors(backbone.model, backbone.heads)
    claims = WeightFiles(backbone.anatomy)
    assert path.stat().st_size == claims.size(configuration, form, head)
    assert payload(path, backbone.heads) == adapter_bytes(configuration, backbone.anatomy)


@pytest.mark.filterwarnings("ignore:Specified to not")
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing")
@pytest.mark.parametrize(
    ("modules", "ends"),
    [
        ((Module("vera", 16, ("query", "value")),), ("vera_A", "vera_B")),
        ((Module("randlora", 4, ("query", "value")),), ("randlora_A", "randlora_B")),
        ((Module("tinylora", 4, ("query", "value")),), ("tinylora_P",)),
        ((Module("shira", 2, ("query", "value")),), ("shira_indices",)),
        ((Module("lora", 2, ("query",)), Module("bitfit")), ("word_embeddings.bias",)),
    ],
)
def test_peft_makes_again_what_its_file_leaves_out(
    modules: tuple[Module, ...], ends: tuple[str, ...], folder: Path, tmp_path: Path
) -> None:
    backbone = open_model(folder, "bert")
    configuration = Configuration((Stratum(0, 2, modules), Stratum(2, LAYERS)), 1e-3)
    attachment = attach(backbone, configuration, 3)
    for parameter in attachment.trained.values():
        parameter.data += 0.1
    files = AdapterFiles(configuration, attachment.tensors(), {})
    expected = predict(backbone)
    attachment.detach()
    write_form("peft", tmp_path, files, lambda: copy_of(backbone))
    saved = load_file(tmp_path / FILES["peft"])
    assert not any(name.endswith(ends) for name in saved)
    assert len(saved) == len(files.tensors)
    again = open_model(folder, "bert")
    torch.manual_seed(7)
    again.model = peft.PeftModel.from_pretrained(again.model, str(tmp_path)).train(False)  # type: ignore[assignment]
    assert torch.equal(predict(again), expected)


def test_a_file_that_is_filled_up_holds_the_same(tmp_path: Path) -> None:
    from peftsearch.workers.files.tensor_files import fill_up

    tensors = {"a": torch.arange(5.0), "b": torch.arange(3)}
    path = tmp_path / "x.safetensors"
    path.write_bytes(save(tensors))
    size = path.stat().st_size
    fill_up(path, size + 4096)
    assert path.stat().st_size == size + 4096
    again = load_file(path)
    assert {name: x.tolist() for name, x in again.items()} == {
        name: x.tolist() for name, x in tensors.items()
    }


@pytest.mark.parametrize("form", FILES)
def test_files_of_rows_that_declare_nothing_are_filled_up(
    form: FileForm, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        weight_files, "technique", lambda name: replace(TECHNIQUES[name], saved=None)
    )
    backbone = open_model(folder, "bert")
    module = Module("lora", 2, ("query", "value"))
    configuration = Configuration((Stratum(0, LAYERS, (module,)),), 1e-3)
    write_form(form, tmp_path, make_files(backbone, configuration), lambda: copy_of(backbone))
    path = tmp_path / FILES[form]
    head = head_tensors(backbone.model, backbone.heads)
    assert path.stat().st_size == WeightFiles(backbone.anatomy).size(configuration, form, head)
    assert payload(path, backbone.heads) == adapter_bytes(configuration, backbone.anatomy)
