"""Dropout of adapters: where the table says there is one, it acts, in training steps alone."""

import pytest
import torch

from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.adapters.peft_configs import peft_config
from peftsearch.workers.models.backbone import Backbone
from tests.workers.families import save_model
from tests.workers.lives import calibrate, capacity_of, configuration_of, load, predict

LAYERED = [name for name, row in TECHNIQUES.own.items() if row.adapts]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """A model whose sizes every technique's blocks divide."""
    folder = tmp_path_factory.mktemp("dropout") / "bert"
    save_model(folder, "bert", hidden_size=64, intermediate_size=128)
    return load(folder, "classification")


def put(backbone: Backbone, name: str, dropout: float = 0.5) -> Attachment:
    """A technique in all layers, with an effect."""
    row = TECHNIQUES[name]
    capacity = capacity_of(row, backbone)
    assert capacity is not None
    configuration = configuration_of(row, backbone, capacity)
    found = attach(backbone, configuration, 3, lambda: calibrate(backbone), dropout)
    draws = torch.Generator().manual_seed(0)
    for parameter in found.trained.values():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=draws)
    return found


@pytest.mark.parametrize("name", LAYERED)
def test_a_technique_drops_out_where_its_row_says_so_and_nowhere_else(
    name: str, backbone: Backbone
) -> None:
    modes = [x.training for x in backbone.model.modules()]
    attachment = put(backbone, name)
    try:
        quiet = predict(backbone)
        with attachment.dropping(1):
            first = predict(backbone)
        with attachment.dropping(1):
            again = predict(backbone)
        with attachment.dropping(2):
            other = predict(backbone)
        assert torch.equal(predict(backbone), quiet)
        assert not any(x.training for x in backbone.model.modules())
    finally:
        attachment.detach()
    assert torch.equal(first, again)
    acts = TECHNIQUES[name].dropout is not None
    assert torch.equal(first, quiet) is not acts
    assert torch.equal(first, other) is not acts
    assert [x.training for x in backbone.model.modules()] == modes


def test_the_global_streams_of_random_numbers_are_left_alone(backbone: Backbone) -> None:
    attachment = put(backbone, "lora")
    try:
        torch.manual_seed(0)
        expected = torch.rand(3)
        torch.manual_seed(0)
        with attachment.dropping(1):
            predict(backbone)
        assert torch.equal(torch.rand(3), expected)
    finally:
        attachment.detach()


@pytest.mark.parametrize("name", [x for x in LAYERED if TECHNIQUES[x].peft])
def test_the_configuration_of_peft_says_the_dropout(name: str, backbone: Backbone) -> None:
    row = TECHNIQUES[name]
    capacity = capacity_of(row, backbone)
    assert capacity is not None
    names = [backbone.anatomy.module(0, backbone.anatomy.linears["query"].path)]
    config = peft_config((name, capacity, 1.0), names, backbone.anatomy, 0.25)
    said = {key for key, value in vars(config).items() if "dropout" in key and value == 0.25}
    assert said == ({row.dropout} if row.dropout else set())
