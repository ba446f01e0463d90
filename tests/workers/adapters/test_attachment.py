from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import (
    adapter_bytes,
    backward_depth,
    trainable_parameters,
)
from peftsearch.spaces.configurations.recipes import recipe
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.techniques.table import NOMINAL_RATE, TECHNIQUES
from peftsearch.workers.adapters import attachment as adapters
from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.adapters.parameter_groups import group_parameters
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.heads import HEAD_RATE
from tests.anatomies import BERT
from tests.spaces.examples import resize
from tests.workers.mixtures import IA3, MIXED
from tests.workers.tiny import (
    FAMILIES,
    LAYERS,
    complete,
    load,
    shape_of,
    spec_on,
    state_of,
    tokens,
)

BESIDE = (Module("serial", 2), Module("parallel", 4), Module("prefix", 3))
"""What AutoPEFT puts into one layer."""
CONFIGURATIONS = {
    "mixed": MIXED,
    "autopeft": Configuration((Stratum(0, LAYERS, BESIDE, (0, 2)),), 1e-3),
    "everything": Configuration(
        (
            Stratum(0, 1, (*BESIDE, Module("bitfit"), Module("ln_tuning"), IA3)),
            Stratum(1, 2, (Module("full"), Module("oft", 4, ("query",)), Module("houlsby", 2))),
            Stratum(2, 3, (*BESIDE, Module("vera", 16, ("query", "mlp_out"), 3.0))),
        ),
        1e-3,
        Module("prompt", 2),
    ),
    "mam": recipe("mam", resize(BERT, LAYERS)),
}
CASES = [
    (family, name)
    for family in FAMILIES
    for name in CONFIGURATIONS
    if not (family == "llama" and name in ("mixed", "everything"))  # it has no biases
]


def _train_a_little(backbone: Backbone, attachment: Attachment, folder: Path) -> None:
    """A few large steps, so that every trained tensor moves."""
    optimizer = torch.optim.AdamW(group_parameters(attachment.parameters, 1e-3))
    batch = tokens(folder)
    labels = torch.arange(len(batch["input_ids"])) % 2
    for _ in range(3):
        backbone.model(**batch, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def _predict(backbone: Backbone, folder: Path) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = backbone.model(**tokens(folder)).logits
    return logits


@pytest.mark.parametrize(("family", "name"), CASES)
def test_costs_are_exact_and_a_saved_adapter_gives_the_same_predictions(
    family: str,
    name: str,
    backbones: dict[str, Backbone],
    folders: dict[str, Path],
    tmp_path: Path,
) -> None:
    backbone, folder = backbones[family], folders[family]
    configuration = CONFIGURATIONS[name]
    before, shape = state_of(backbone), shape_of(backbone)

    attachment = attach(backbone, configuration, seed=3)
    try:
        trained = {k: p for k, p in backbone.model.named_parameters() if p.requires_grad}
        heads = [p.numel() for k, p in trained.items() if k.startswith(backbone.heads)]
        counted = sum(p.numel() for p in trained.values()) - sum(heads)
        assert counted == trainable_parameters(configuration, backbone.anatomy) == attachment.size
        start = {k: p.detach().clone() for k, p in trained.items()}
        _train_a_little(backbone, attachment, folder)
        unmoved = [k for k, p in trained.items() if torch.equal(p, start[k])]
        assert not unmoved
        predictions = _predict(backbone, folder)
        save_file(attachment.tensors(), tmp_path / "adapter.safetensors")
    finally:
        attachment.detach()
    after = state_of(backbone)
    assert list(after) == list(before) and shape_of(backbone) == shape
    assert all(torch.equal(after[key], before[key]) for key in before)

    tensors = load_file(tmp_path / "adapter.safetensors")
    payload = sum(x.nbytes for key, x in tensors.items() if not key.startswith(backbone.heads))
    assert payload == adapter_bytes(configuration, backbone.anatomy)
    fresh = load(folder)
    again = attach(fresh, configuration, seed=99)
    assert not torch.equal(_predict(fresh, folder), predictions)
    again.load(tensors)
    assert torch.equal(_predict(fresh, folder), predictions)


@pytest.mark.parametrize("family", ["bert", "roberta", "qwen2"])
def test_merging_a_mixture_keeps_the_predictions(family: str, folders: dict[str, Path]) -> None:
    backbone = load(folders[family])
    names = [key for key, _ in backbone.model.named_parameters()]
    attachment = attach(backbone, MIXED, seed=3)
    _train_a_little(backbone, attachment, folders[family])
    before = _predict(backbone, folders[family])
    attachment.merge()
    assert [key for key, _ in backbone.model.named_parameters()] == names
    torch.testing.assert_close(_predict(backbone, folders[family]), before, atol=1e-4, rtol=1e-4)


def test_what_does_not_merge_is_refused_before_anything_is_changed(
    backbones: dict[str, Backbone], folders: dict[str, Path]
) -> None:
    backbone = backbones["bert"]
    before, shape = state_of(backbone), shape_of(backbone)
    attachment = attach(backbone, CONFIGURATIONS["everything"], seed=3)
    predictions = _predict(backbone, folders["bert"])
    with pytest.raises(UserError, match="techniques that merge into the model; got houlsby, para"):
        attachment.merge()
    assert torch.equal(_predict(backbone, folders["bert"]), predictions)
    attachment.detach()
    assert shape_of(backbone) == shape
    assert all(torch.equal(x, before[key]) for key, x in state_of(backbone).items())


def test_every_injected_layer_is_active(backbones: dict[str, Backbone]) -> None:
    """Sequential injections of one class must not switch earlier ones off."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    attachment = attach(backbones["bert"], MIXED, seed=0)
    try:
        layers = [x for x in backbones["bert"].model.modules() if isinstance(x, BaseTunerLayer)]
        assert len(layers) == 3 + 4
        for layer in layers:
            (name,) = layer.active_adapters
            assert any(name in getattr(layer, held) for held in layer.adapter_layer_names)
    finally:
        attachment.detach()


def test_gradients_stop_below_the_lowest_adapted_layer(backbones: dict[str, Backbone]) -> None:
    backbone = backbones["bert"]
    configuration = Configuration((Stratum(0, 2), Stratum(2, 3, (IA3,))), 1e-3)
    attachment = attach(backbone, configuration, seed=0)
    try:
        trained = [k for k, p in backbone.model.named_parameters() if p.requires_grad]
    finally:
        attachment.detach()
    assert backward_depth(configuration, backbone.anatomy) == 1
    assert all(k.startswith(("bert.encoder.layer.2.", "classifier.")) for k in trained)


def test_initial_values_depend_on_the_seed_alone(backbones: dict[str, Backbone]) -> None:
    def initial(seed: int) -> dict[str, torch.Tensor]:
        attachment = attach(backbones["bert"], MIXED, seed)
        tensors = attachment.tensors()
        attachment.detach()
        return tensors

    torch.manual_seed(1)
    first, state = initial(5), torch.random.get_rng_state()
    torch.rand(17)
    second, other = initial(5), initial(6)
    assert all(torch.equal(first[name], second[name]) for name in first)
    moved = {name for name in first if not torch.equal(first[name], other[name])}
    assert "classifier.weight" in moved and any("lora_A" in name for name in moved)
    torch.manual_seed(1)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_an_error_in_training_leaves_no_trace(
    name: str, backbones: dict[str, Backbone], folders: dict[str, Path]
) -> None:
    backbone = backbones["bert"]
    before, shape = state_of(backbone), shape_of(backbone)
    attachment = attach(backbone, CONFIGURATIONS[name], seed=0)
    with pytest.raises(KeyboardInterrupt):
        try:
            _train_a_little(backbone, attachment, folders["bert"])
            raise KeyboardInterrupt
        finally:
            attachment.detach()
    assert shape_of(backbone) == shape
    assert all(torch.equal(x, before[key]) for key, x in state_of(backbone).items())


def test_an_error_while_injecting_leaves_no_trace(
    backbones: dict[str, Backbone], monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = backbones["bert"]
    before, shape = state_of(backbone), shape_of(backbone)

    def fail(*arguments: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(adapters, "_train_only", fail)
    with pytest.raises(MemoryError):
        attach(backbone, MIXED, seed=0)
    assert shape_of(backbone) == shape
    assert all(torch.equal(x, before[key]) for key, x in state_of(backbone).items())


def test_rates_are_relative_and_only_matrices_decay(backbones: dict[str, Backbone]) -> None:
    attachment = attach(backbones["bert"], MIXED, seed=0)
    try:
        groups = group_parameters(attachment.parameters, 2e-3, weight_decay=0.1)
        found = {}
        for name, parameter in attachment.trained.items():
            (group,) = [g for g in groups if any(p is parameter for p in g["params"])]
            found[name] = (group["lr"] * NOMINAL_RATE / 2e-3, group["weight_decay"])
    finally:
        attachment.detach()
    layer = "bert.encoder.layer"
    rates = {name: TECHNIQUES[name].rate for name in TECHNIQUES}
    expected = {
        "classifier.weight": (HEAD_RATE, 0.1),
        "classifier.bias": (HEAD_RATE, 0.0),
        f"{layer}.0.output.dense.bias": (rates["bitfit"], 0.0),
        f"{layer}.1.output.LayerNorm.weight": (rates["ln_tuning"], 0.0),
        f"{layer}.1.output.dense.ia3_l": (rates["ia3"], 0.0),
        f"{layer}.2.attention.self.query.lora_A.weight": (rates["lora"], 0.1),
        f"{layer}.2.output.dense.lora_B.weight": (rates["rslora"], 0.1),
        f"{layer}.2.intermediate.dense.lora_magnitude_vector.weight": (rates["dora"], 0.0),
    }
    for name, (rate, decay) in expected.items():
        assert found[name] == (pytest.approx(rate), decay), name


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda x: x.pop("classifier.bias"), "lacks classifier.bias"),
        (lambda x: x.update(extra=torch.ones(1)), "has unexpected extra"),
        (lambda x: x.update({"classifier.bias": torch.ones(7)}), r"shape \[2\]; got \[7\]"),
    ],
)
def test_tensors_that_do_not_fit_are_refused_whole(
    change: Callable[[dict[str, torch.Tensor]], Any],
    expected: str,
    backbones: dict[str, Backbone],
) -> None:
    attachment = attach(backbones["bert"], MIXED, seed=0)
    try:
        before = attachment.tensors()
        tensors = {name: tensor + 1 for name, tensor in before.items()}
        change(tensors)
        with pytest.raises(UserError, match=expected):
            attachment.load(tensors)
        after = attachment.tensors()
    finally:
        attachment.detach()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_configuration_of_another_depth_is_refused(backbones: dict[str, Backbone]) -> None:
    with pytest.raises(UserError, match="tile"):
        attach(backbones["bert"], Configuration((Stratum(0, 9),), 1e-3), seed=0)


SMALL = dict.fromkeys(("serial", "parallel", "prefix"), [0, 1, 3, 6])
SPACES: list[dict[str, Any]] = [
    {"preset": "strata"},
    {"preset": "autopeft"},
    {"preset": "methods"},
    {"preset": "rank_profile", "rate_factors": [0.5, 1.0]},
    {"preset": "strata", "strata": 2, "mask": True, "placements": ["all"]},
    {"preset": "strata", "inputs": ["none", "prompt", "p_tuning"]},
]


@pytest.mark.parametrize("family", ["bert", "llama"])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), space=st.sampled_from(SPACES))
def test_formula_equals_the_real_count_anywhere_in_any_preset(
    seed: int, space: dict[str, Any], family: str, backbones: dict[str, Backbone]
) -> None:
    backbone = backbones[family]
    section = space | {"capacities": SMALL} if space["preset"] == "autopeft" else space
    found = make_space(complete(spec_on(backbone.folder, space=section)))
    configuration = found.sample(np.random.default_rng(seed))
    attachment = attach(backbone, configuration, seed=0)
    try:
        trained = sum(p.numel() for p in backbone.model.parameters() if p.requires_grad)
        head = sum(p.numel() for p in attachment.parameters["head", 1.0].values())
    finally:
        attachment.detach()
    assert trained - head == trainable_parameters(configuration, backbone.anatomy)
