"""Every technique trains beside weights of 16 bits, and read again it answers as it did."""

from pathlib import Path
from typing import Any

import pytest
import torch

from peftsearch.spaces.configurations.cost import adapter_bytes
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.models.backbone import Backbone, load_backbone, widen_vectors
from tests.workers.families import save_model
from tests.workers.lives import calibrate, capacity_of, configuration_of, predict, train_a_little
from tests.workers.tiny import spec_on

BOTH = {torch.float32, torch.bfloat16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, "bert", kind="classification", hidden_size=64, intermediate_size=128)
    return folder


@pytest.fixture(scope="module")
def backbone(folder: Path) -> Backbone:
    return open_half(folder)


def open_half(folder: Path) -> Backbone:
    task: dict[str, Any] = {"train": "unused.csv", "kind": "classification"}
    spec = spec_on(folder, task=task, model={"path": str(folder), "dtype": "bfloat16"})
    backbone = load_backbone(spec, 2, "cpu")
    widen_vectors(backbone)
    backbone.model.forward = torch.autocast("cpu", torch.bfloat16)(backbone.model.forward)
    return backbone


def test_a_head_of_16_bits_answers_before_it_is_trained(backbone: Backbone) -> None:
    assert {x.dtype for x in backbone.model.get_submodule("classifier").parameters()} == BOTH
    assert predict(backbone).isfinite().all()


@pytest.mark.parametrize("name", TECHNIQUES)
def test_each_technique_trains_beside_16_bits(name: str, backbone: Backbone) -> None:
    row = TECHNIQUES[name]
    capacity = capacity_of(row, backbone)
    if capacity is None:
        pytest.skip(f"{name} does not fit, as validation says")
    configuration = configuration_of(row, backbone, capacity)
    attachment = attach(backbone, configuration, 3, lambda: calibrate(backbone))
    try:
        train_a_little(backbone, attachment)
        wanted, tensors = predict(backbone), attachment.tensors()
    finally:
        attachment.detach()
    payload = sum(x.nbytes for key, x in tensors.items() if not key.startswith(backbone.heads))
    assert payload == adapter_bytes(configuration, backbone.anatomy)
    again = attach(backbone, configuration, 99)
    try:
        again.load(tensors)
        assert torch.equal(predict(backbone), wanted)
    finally:
        again.detach()
