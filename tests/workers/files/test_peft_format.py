"""What the table says `peft` alone can load, it loads."""

from pathlib import Path

import pytest
import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.files.peft_format import express, read_peft, write_peft
from peftsearch.workers.models.backbone import Backbone
from tests.workers.families import LAYERS, save_model
from tests.workers.lives import capacity_of, configuration_of, load, predict, train_a_little

EXPORTED = [name for name, row in TECHNIQUES.items() if row.exports or row.peft_as]
FAMILIES = {"bert": "classification", "gpt2": "causal_lm"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of models whose sizes every technique's blocks divide."""
    root = tmp_path_factory.mktemp("exported")
    save_model(root / "bert", "bert", hidden_size=64, intermediate_size=128)
    save_model(root / "gpt2", "gpt2", kind="causal_lm", n_embd=64, n_inner=128)
    return {family: root / family for family in FAMILIES}


def train(backbone: Backbone, configuration: Configuration) -> dict[str, torch.Tensor]:
    """A trained adapter's tensors, and what the model predicts with it under `predictions`."""
    attachment = attach(backbone, configuration, seed=3)
    try:
        if backbone.kind == "classification":
            train_a_little(backbone, attachment)
        for parameter in attachment.trained.values():
            parameter.data += 0.01
        return attachment.tensors() | {"predictions": predict(backbone)}
    finally:
        attachment.detach()


@pytest.mark.filterwarnings("ignore:Specified to not:UserWarning")  # that is the point
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", EXPORTED)
def test_what_exports_as_peft_is_loaded_by_peft_alone(
    name: str, family: str, saved: dict[str, Path], tmp_path: Path
) -> None:
    folder, kind = saved[family], FAMILIES[family]
    backbone, row = load(folder, kind), TECHNIQUES[name]
    capacity = capacity_of(row, backbone)
    if capacity is None:
        pytest.skip(f"{name} does not fit {family}, as validation says")
    configuration = configuration_of(row, backbone, capacity)
    tensors = train(backbone, configuration)
    expected = tensors.pop("predictions")
    write_peft(tmp_path, load(folder, kind), configuration, tensors)
    again = load(folder, kind)
    again.model = read_peft(tmp_path, again).train(False)  # type: ignore[assignment]
    torch.testing.assert_close(predict(again), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "modules",
    [
        (Module("bitfit"),),
        (Module("lora", 4, ("query",)), Module("ia3", 0, ("key", "value", "mlp_out"))),
        (Module("serial", 4),),
        (Module("vera", 16, ("query",)), Module("vera", 64, ("value",))),
        (),
    ],
)
def test_what_no_single_configuration_says_is_not_expressed(
    modules: tuple[Module, ...], saved: dict[str, Path]
) -> None:
    backbone = load(saved["bert"], "classification")
    configuration = Configuration((Stratum(0, LAYERS, modules),), 1e-3)
    assert express(configuration, backbone.anatomy, backbone.heads) is None


def test_ranks_of_one_technique_may_differ(saved: dict[str, Path]) -> None:
    strata = tuple(Stratum(i, i + 1, (Module("lora", 2**i, ("query",)),)) for i in range(LAYERS))
    backbone = load(saved["bert"], "classification")
    config = express(Configuration(strata, 1e-3), backbone.anatomy, backbone.heads)
    assert config is not None
    assert sorted(config.rank_pattern.values()) == [1, 2, 4]
