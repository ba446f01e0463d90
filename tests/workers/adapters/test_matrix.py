"""Every core technique on every family: cost, start, training, detaching, reloading, merging.

Experimental ones go through the same on one family each; `pytest -m matrix` runs them on all.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes, trainable_parameters
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.models.backbone import Backbone
from tests.workers.families import SIZES, save_model
from tests.workers.lives import (
    calibrate,
    capacity_of,
    configuration_of,
    load,
    predict,
    train_a_little,
)
from tests.workers.tiny import shape_of, state_of

ROUND = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "head_dim": 16,
    "d_model": 64,
    "d_ff": 128,
    "d_kv": 16,
    "n_embd": 64,
    "n_inner": 128,
    "dim": 64,
    "hidden_dim": 128,
}
"""Sizes that every technique's blocks divide."""
ROTATION = ("bert", "llama", "gpt2", "vit", "modernbert", "t5", "qwen3", "deberta-v2")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Backbone]:
    """Backbones by family, each loaded when it is first asked for."""
    root = tmp_path_factory.mktemp("families")
    return _Backbones(root)


class _Backbones(dict[str, Backbone]):
    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    def __missing__(self, family: str) -> Backbone:
        kind = FAMILIES[family].kinds[0]
        folder = self._root / family
        if not folder.exists():
            sizes: dict[str, Any] = {x: n for x, n in ROUND.items() if x in SIZES[family]}
            save_model(folder, family, kind=kind, **sizes)
        self[family] = load(folder, kind)
        return self[family]


def walk(name: str, family: str, loaded: dict[str, Backbone], folder: Path) -> None:
    """One technique through its whole life on one family."""
    row, backbone = TECHNIQUES[name], loaded[family]
    capacity = capacity_of(row, backbone)
    if capacity is None:
        pytest.skip(f"{name} does not fit {family}, as validation says")
    configuration = configuration_of(row, backbone, capacity)
    before, shape = state_of(backbone), shape_of(backbone)
    untouched = predict(backbone)

    nothing = attach(backbone, Configuration((Stratum(0, backbone.anatomy.layers),), 1e-3), 3)
    headed = predict(backbone)
    nothing.detach()
    attachment = attach(backbone, configuration, 3, lambda: calibrate(backbone))
    try:
        assert torch.allclose(predict(backbone), headed, atol=1e-6, rtol=0) == row.identity
        check_cost(backbone, attachment, configuration)
        start = {k: p.detach().clone() for k, p in attachment.trained.items()}
        train_a_little(backbone, attachment)
        there = {k: p for k, p in attachment.trained.items() if p.numel()}  # pooled: may be none
        unmoved = [k for k, p in there.items() if torch.equal(p, start[k])]
        assert not [k for k in unmoved if not is_cut_off(k)]
        predictions = predict(backbone)
        save_file(attachment.tensors(), folder / "adapter.safetensors")
    finally:
        attachment.detach()
    assert shape_of(backbone) == shape
    after = state_of(backbone)
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)
    assert torch.equal(predict(backbone), untouched)

    tensors = load_file(folder / "adapter.safetensors")
    payload = sum(x.nbytes for key, x in tensors.items() if not key.startswith(backbone.heads))
    assert payload == adapter_bytes(configuration, backbone.anatomy)
    fresh = load(backbone.folder, backbone.kind)
    again = attach(fresh, configuration, seed=99)
    again.load(tensors)
    torch.testing.assert_close(predict(fresh), predictions, atol=1e-5, rtol=1e-5)
    if row.merges:
        again.merge()
        assert [k for k, _ in fresh.model.named_parameters()] == [
            k for k, _ in backbone.model.named_parameters()
        ]
        torch.testing.assert_close(predict(fresh), predictions, atol=2e-4, rtol=2e-4)


def check_cost(backbone: Backbone, attachment: Attachment, configuration: Configuration) -> None:
    trained = {k: p for k, p in backbone.model.named_parameters() if p.requires_grad}
    heads = sum(p.numel() for k, p in trained.items() if k.startswith(backbone.heads))
    counted = sum(p.numel() for p in trained.values()) - heads
    assert counted == trainable_parameters(configuration, backbone.anatomy) == attachment.size


def is_cut_off(name: str) -> bool:
    """A constant that is added to every key cancels in the softmax: nothing teaches it."""
    of_key = any(f".{key}." in name for key in ("key", "k_proj", "k_lin", "k"))
    return of_key and (name.endswith("bias") or "glora" in name)


CORE = [name for name, row in TECHNIQUES.items() if row.status == "core"]
EXPERIMENTAL = [name for name, row in TECHNIQUES.items() if row.status == "experimental"]


ALL_PAIRS = [(name, family) for name in EXPERIMENTAL for family in FAMILIES]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", CORE)
def test_core_techniques_on_every_family(
    name: str, family: str, loaded: dict[str, Backbone], tmp_path: Path
) -> None:
    walk(name, family, loaded, tmp_path)


@pytest.mark.parametrize(("index", "name"), list(enumerate(EXPERIMENTAL)))
def test_experimental_techniques_on_one_family(
    index: int, name: str, loaded: dict[str, Backbone], tmp_path: Path
) -> None:
    """The next of the rotation that can carry it."""
    turned = (*ROTATION[index % len(ROTATION) :], *ROTATION)
    able = (x for x in turned if capacity_of(TECHNIQUES[name], loaded[x]) is not None)
    walk(name, next(able), loaded, tmp_path)


@pytest.mark.matrix
@pytest.mark.parametrize(("name", "family"), ALL_PAIRS)
def test_experimental_techniques_on_every_family(
    name: str, family: str, loaded: dict[str, Backbone], tmp_path: Path
) -> None:
    walk(name, family, loaded, tmp_path)
