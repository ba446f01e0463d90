"""What `peft` saved is read as the configuration that it was, or refused in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.techniques.table import NOMINAL_RATE, TECHNIQUES
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.adapters.injection import calm_peft
from peftsearch.workers.files.peft_folders import find_folders, read_folder
from peftsearch.workers.files.peft_format import PEFT_TENSORS, write_peft
from peftsearch.workers.files.peft_reading import ReadAdapter, read_adapter
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.runtime.quiet import quiet_peft
from tests.workers.families import LAYERS, save_model
from tests.workers.lives import capacity_of, configuration_of, load

EXPORTED = [name for name, row in TECHNIQUES.items() if row.exports]
FAMILIES = {"bert": "classification", "gpt2": "causal_lm"}

pytestmark = [
    pytest.mark.filterwarnings("ignore:Specified to not:UserWarning"),
    pytest.mark.filterwarnings("ignore:Unsupported layer type:UserWarning"),
    pytest.mark.filterwarnings("ignore:fan_in_fan_out:UserWarning"),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of models whose sizes every technique's blocks divide."""
    root = tmp_path_factory.mktemp("models")
    save_model(root / "bert", "bert", hidden_size=64, intermediate_size=128)
    save_model(root / "gpt2", "gpt2", kind="causal_lm", n_embd=64, n_inner=128)
    return {family: root / family for family in FAMILIES}


def read(root: Path, backbone: Backbone, name: str = ".") -> ReadAdapter:
    """An adapter on that model."""
    return read_adapter(read_folder(root / name), backbone.anatomy, backbone.heads)


def save(folder: Path, backbone: Backbone, config: Any) -> peft.PeftModel:
    """An untrained adapter of plain `peft`, as its user saves it."""
    with quiet_peft(), calm_peft():
        model: peft.PeftModel = peft.get_peft_model(backbone.model, config)
    model.save_pretrained(str(folder))
    return model


def write_own(folder: Path, backbone: Backbone, configuration: Configuration) -> None:
    """What an export of such a trial holds."""
    attachment = attach(backbone, configuration, seed=3)
    tensors = attachment.tensors()
    attachment.detach()
    write_peft(folder, backbone, configuration, tensors)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", EXPORTED)
def test_every_technique_that_leaves_as_peft_comes_back(
    name: str, family: str, saved: dict[str, Path], tmp_path: Path
) -> None:
    backbone, row = load(saved[family], FAMILIES[family]), TECHNIQUES[name]
    capacity = capacity_of(row, backbone)
    if capacity is None:
        pytest.skip(f"{name} does not fit {family}, as validation says")
    configuration = configuration_of(row, backbone, capacity)
    write_own(tmp_path, backbone, configuration)
    found = read(tmp_path, load(saved[family], FAMILIES[family]))
    if row.rates:  # of which the files tell nothing: it comes back as its plain kin
        configuration = configuration_of(TECHNIQUES["lora"], backbone, capacity)
    assert found.configuration.key == configuration.key
    assert {x.partition(".")[0] for x in found.head} == set(backbone.heads)


@pytest.mark.parametrize("name", ["lora", "ln_tuning"])
def test_encoder_and_decoder_are_one_model(name: str, tmp_path: Path) -> None:
    folder = save_model(tmp_path / "t5", "t5", kind="seq2seq")
    backbone, row = load(folder, "seq2seq"), TECHNIQUES[name]
    capacity = capacity_of(row, backbone)
    assert capacity is not None
    configuration = configuration_of(row, backbone, capacity)
    write_own(tmp_path / "adapter", backbone, configuration)
    found = read(tmp_path / "adapter", load(folder, "seq2seq")).configuration
    assert found.key == configuration.key


def lora(**changes: Any) -> peft.LoraConfig:
    """LoRA whose scaling is ours."""
    given: dict[str, Any] = {
        "r": 4,
        "lora_alpha": 16,
        "target_modules": ["query", "value"],
        "task_type": "SEQ_CLS",
    }
    return peft.LoraConfig(**(given | changes))


def uniform(*modules: Module) -> Configuration:
    """The same in all layers."""
    return Configuration((Stratum(0, LAYERS, modules),), NOMINAL_RATE)


QUERY_VALUE = ("query", "value")
PLAIN: dict[str, tuple[Callable[[], Any], Configuration]] = {
    "lora": (lora, uniform(Module("lora", 4, QUERY_VALUE))),
    "a rank beyond the ladder": (
        lambda: lora(r=48, target_modules=["key"]),
        uniform(Module("lora", 48, ("key",))),
    ),
    "rslora": (
        lambda: lora(lora_alpha=6, use_rslora=True),
        uniform(Module("rslora", 4, QUERY_VALUE)),
    ),
    "dora": (lambda: lora(use_dora=True), uniform(Module("dora", 4, QUERY_VALUE))),
    "two layers": (
        lambda: lora(layers_to_transform=[0, 2]),
        Configuration((Stratum(0, 3, (Module("lora", 4, QUERY_VALUE),), (0, 2)),), NOMINAL_RATE),
    ),
    "ranks": (
        lambda: lora(rank_pattern={"layer.1.attention.self.query": 8}, target_modules=["query"]),
        Configuration(
            (
                Stratum(0, 1, (Module("lora", 4, ("query",)),)),
                Stratum(1, 2, (Module("lora", 8, ("query",)),)),
                Stratum(2, 3, (Module("lora", 4, ("query",)),)),
            ),
            NOMINAL_RATE,
        ),
    ),
    "loha of two ranks": (
        lambda: peft.LoHaConfig(
            r=4,
            alpha=16,
            target_modules=[*QUERY_VALUE],
            rank_pattern={"value": 2},
            task_type="SEQ_CLS",
        ),
        uniform(Module("loha", 4, ("query",)), Module("loha", 2, ("value",))),
    ),
    "all linears of layers": (
        lambda: lora(target_modules="all-linear", exclude_modules=["pooler.dense"]),
        uniform(
            Module("lora", 4, ("query", "key", "value", "attention_output", "mlp_in", "mlp_out"))
        ),
    ),
    "ia3": (
        lambda: peft.IA3Config(
            target_modules=["key", "value", "intermediate.dense", "layer.0.output.dense"],
            feedforward_modules=["layer.0.output.dense"],
            task_type="SEQ_CLS",
        ),
        Configuration(
            (
                Stratum(0, 1, (Module("ia3", 0, ("key", "value", "mlp_in", "mlp_out")),)),
                Stratum(1, 3, (Module("ia3", 0, ("key", "value", "mlp_in")),)),
            ),
            NOMINAL_RATE,
        ),
    ),
    "vera with its projections": (
        lambda: peft.VeraConfig(r=16, target_modules=[*QUERY_VALUE], task_type="SEQ_CLS"),
        uniform(Module("vera", 16, QUERY_VALUE)),
    ),
    "randlora with its projections": (
        lambda: peft.RandLoraConfig(
            r=8, randlora_alpha=160, target_modules=["query"], task_type="SEQ_CLS"
        ),
        uniform(Module("randlora", 8, ("query",))),
    ),
    "oft": (
        lambda: peft.OFTConfig(oft_block_size=8, target_modules=["query"], task_type="SEQ_CLS"),
        uniform(Module("oft", 8, ("query",))),
    ),
    "boft": (
        lambda: peft.BOFTConfig(boft_block_size=4, target_modules=["key"], task_type="SEQ_CLS"),
        uniform(Module("boft", 4, ("key",))),
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_users_of_peft_saved_is_understood_with_its_exact_cost(
    name: str, saved: dict[str, Path], tmp_path: Path
) -> None:
    backbone = load(saved["bert"], "classification")
    make, expected = PLAIN[name]
    model = save(tmp_path, backbone, make())
    trained = {k: x.numel() for k, x in model.named_parameters() if x.requires_grad}
    fresh = load(saved["bert"], "classification")
    found = read(tmp_path, fresh).configuration
    assert found.key == expected.key
    size = sum(x for k, x in trained.items() if "modules_to_save" not in k)
    assert trainable_parameters(found, fresh.anatomy) == size


def test_dropout_is_told(saved: dict[str, Path], tmp_path: Path) -> None:
    save(tmp_path, load(saved["bert"], "classification"), lora(lora_dropout=0.1))
    found = read(tmp_path, load(saved["bert"], "classification"))
    assert found.dropout == 0.1
    assert found.configuration.key == uniform(Module("lora", 4, QUERY_VALUE)).key
    assert found.head == {"classifier.weight": (2, 64), "classifier.bias": (2,)}


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "alpha": (lambda: lora(lora_alpha=32), "lora_alpha 16, as lora at rank 4 has; got 32"),
    "two at once": (
        lambda: lora(use_dora=True, use_rslora=True),
        "use_rslora unset, as dora at rank 4 has; got True",
    ),
    "alpha of some": (lambda: lora(alpha_pattern={"value": 8}), "got 8 for bert.encoder.layer.0"),
    "biases of wrapped linears": (lambda: lora(bias="lora_only"), "bias 'none', as lora"),
    "all biases": (lambda: lora(bias="all"), "base_model.model.bert.embeddings.LayerNorm.bias"),
    "start": (lambda: lora(init_lora_weights="gaussian"), "init_lora_weights True"),
    "module to save": (
        lambda: lora(modules_to_save=["embeddings.LayerNorm"]),
        "got base_model.model.bert.embeddings.LayerNorm.bias",
    ),
    "module in a layer": (
        lambda: lora(modules_to_save=["attention.output.LayerNorm"]),
        "layer.0.attention.output.LayerNorm.bias",
    ),
    "beyond the layers": (
        lambda: lora(target_modules=["query", "pooler.dense"]),
        "got base_model.model.bert.pooler.dense.lora_A.weight",
    ),
    "only beyond": (
        lambda: lora(target_modules=["pooler.dense"]),
        "modules in the layers of bert",
    ),
    "adalora": (
        lambda: peft.AdaLoraConfig(total_step=10, target_modules=["query"], task_type="SEQ_CLS"),
        "got a AdaLoraConfig",
    ),
    "feedforward of another role": (
        lambda: peft.IA3Config(
            target_modules=["query"], feedforward_modules=["query"], task_type="SEQ_CLS"
        ),
        "feedforward_modules False, as ia3 has",
    ),
    "butterflies": (
        lambda: peft.BOFTConfig(
            boft_block_size=4,
            boft_n_butterfly_factor=2,
            target_modules=["key"],
            task_type="SEQ_CLS",
        ),
        "boft_n_butterfly_factor 1",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_configuration_means_is_refused_in_one_line(
    name: str, saved: dict[str, Path], tmp_path: Path
) -> None:
    make, told = REFUSED[name]
    save(tmp_path, load(saved["bert"], "classification"), make())
    with pytest.raises(UserError) as error:
        read(tmp_path, load(saved["bert"], "classification"))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_an_adapter_of_another_model_is_refused(saved: dict[str, Path], tmp_path: Path) -> None:
    save(tmp_path / "adapter", load(saved["bert"], "classification"), lora())
    others: dict[str, dict[str, Any]] = {
        "narrow": {"hidden_size": 32, "intermediate_size": 48},
        "deep": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 4},
        "flat": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2},
    }
    for name, changes in others.items():
        other = load(save_model(tmp_path / name, "bert", **changes), "classification")
        with pytest.raises(UserError, match=r"lora_A|layer\.2"):
            read(tmp_path / "adapter", other)


def change(folder: Path, edit: Callable[[dict[str, torch.Tensor]], None]) -> None:
    """A file of other tensors."""
    tensors = load_file(folder / PEFT_TENSORS)
    edit(tensors)
    save_file(tensors, folder / PEFT_TENSORS)


def test_files_that_do_not_belong_together_are_refused(
    saved: dict[str, Path], tmp_path: Path
) -> None:
    backbone = load(saved["bert"], "classification")
    save(tmp_path, backbone, lora())
    name = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight"
    change(tmp_path, lambda x: x.update({name: torch.zeros(2, 64)}))
    with pytest.raises(UserError, match=r"lora_A.weight of shape \[4, 64\]; got \[2, 64\]"):
        read(tmp_path, backbone)
    change(tmp_path, lambda x: x.pop(name))  # type: ignore[arg-type]
    with pytest.raises(UserError, match="no such tensor"):
        read(tmp_path, backbone)


def test_what_cannot_be_read_is_refused(saved: dict[str, Path], tmp_path: Path) -> None:
    backbone, folder = load(saved["bert"], "classification"), tmp_path / "a"
    save(folder, backbone, lora())
    file = folder / "adapter_config.json"
    whole = json.loads(file.read_text())
    for text, told in {
        "{": "readable adapter_config.json",
        "[]": "a table",
        json.dumps(whole | {"peft_type": "ZORA"}): "'ZORA'",
        json.dumps(whole | {"use_zora": True}): "'use_zora'",
        json.dumps(whole | {"r": "many"}): "r 4|lora",
        json.dumps(whole | {"lora_dropout": "much"}): "values of a peft configuration",
        json.dumps(whole | {"target_modules": "("}): "values of a peft configuration",
    }.items():
        file.write_text(text)
        with pytest.raises(UserError, match=told):
            read(tmp_path, backbone, "a")
    file.write_text(json.dumps(whole | {"use_zora": False}))
    assert read(tmp_path, backbone, "a").configuration.techniques == {"lora"}
    (folder / PEFT_TENSORS).write_bytes(b"x" * 99)
    with pytest.raises(UserError, match="weights in safetensors"):
        read(tmp_path, backbone, "a")
    (folder / PEFT_TENSORS).unlink()
    with pytest.raises(UserError, match="no such file"):
        read(tmp_path, backbone, "a")


def test_folders_are_found_at_any_depth(tmp_path: Path) -> None:
    for name in ("b", "runs/a", "runs/a/checkpoint-5", ".cache/x", "c/checkpoint-10"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "adapter_config.json").touch()
    assert find_folders(tmp_path) == ["b", "c/checkpoint-10", "runs/a"]
    (tmp_path / "c/checkpoint-20").mkdir()
    (tmp_path / "c/checkpoint-20/adapter_config.json").touch()
    with pytest.raises(UserError, match="one adapter of each training"):
        find_folders(tmp_path)
    assert find_folders(tmp_path / "b") == ["."]
    with pytest.raises(UserError, match="adapters that peft saved"):
        find_folders(tmp_path / "runs/a/checkpoint-5/none")


def test_a_folder_that_cannot_be_walked_is_told(unwalkable: Path) -> None:
    with pytest.raises(UserError, match="a readable folder of adapters|adapters that peft saved"):
        find_folders(unwalkable)
