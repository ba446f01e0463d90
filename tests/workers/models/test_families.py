"""Every row of the families, against tiny real models of each class."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from PIL import Image
from transformers import AutoConfig, AutoImageProcessor
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.auto import modeling_auto

from peftsearch.spaces.configurations.safetensors_sizes import by_itself, file_bytes
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import FAMILIES, read_anatomy
from peftsearch.spaces.jobspec.head import HeadSpec, suppose_head
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.techniques.saved import Tensor
from peftsearch.workers.models.heads import find_heads, head_tensors
from tests.workers.families import (
    CLASSES,
    IMAGE_SIZE,
    SIZES,
    VISION,
    build_model,
    save_model,
    tokens,
)

EXCEPTIONS = {
    "t5": "layer.0.SelfAttention.relative_attention_bias.weight",
    "mt5": "layer.0.SelfAttention.relative_attention_bias.weight",
}
"""A tensor of each stack's first layer that serves the whole stack, so that no layer lists it."""

REQUIRED = {
    "model_type",
    *("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("dim", "hidden_dim", "n_layers", "n_heads", "n_embd", "n_layer", "n_head"),
    *("d_model", "d_ff", "num_layers", "num_heads"),
}
"""Keys that every checkpoint has; we do not guess them."""

ROWS = [(family, kind) for family, row in FAMILIES.items() for kind in row.kinds]
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("bert", {"is_decoder": True}),
    ("electra", {"embedding_size": 16}),
    ("deberta", {"pos_att_type": ["c2p"], "talking_head": True}),
    ("deberta", {"relative_attention": False}),
    ("deberta-v2", {"share_att_key": False}),
    ("deberta-v2", {"share_att_key": False, "pos_att_type": ["p2c"], "conv_kernel_size": 3}),
    ("modernbert", {"attention_bias": True}),
    ("modernbert", {"mlp_bias": True, "norm_bias": True}),
    ("llama", {"attention_bias": True, "head_dim": 12}),
    ("llama", {"mlp_bias": True, "num_key_value_heads": None}),
    ("mistral", {"head_dim": 12}),
    ("qwen2", {"head_dim": 12}),
    ("qwen3", {"attention_bias": True}),
    ("gemma3_text", {"attention_bias": True}),
    ("phi3", {"head_dim": 12}),
    ("gpt2", {"n_inner": None}),
    ("t5", {"feed_forward_proj": "gated-gelu", "num_decoder_layers": None}),
    ("mt5", {"feed_forward_proj": "relu"}),
    ("vit", {"qkv_bias": False}),
    ("dinov2", {"qkv_bias": False, "use_swiglu_ffn": True}),
]


def _parameters(model: torch.nn.Module, layer: str) -> dict[str, torch.nn.Parameter]:
    return dict(model.get_submodule(layer).named_parameters())


def _check(model: Any, anatomy: Anatomy) -> None:
    shared = EXCEPTIONS.get(anatomy.family)
    for layer, (stack, index) in enumerate(anatomy.each()):
        found = _parameters(model, anatomy.layer_name(layer))
        if index == 0 and shared:
            del found[shared]
        assert {path: x.numel() for path, x in found.items()} == stack.tensors(index)
        for linear in stack.linears.values():
            shape = (linear.outputs, linear.inputs)
            expected = shape[::-1] if linear.transposed else shape
            assert found[f"{linear.path}.weight"].shape == expected
    last = anatomy.layer_name(anatomy.layers - 1).rpartition(".")
    assert len(model.get_submodule(last[0])) == anatomy.stacks[-1].layers
    if anatomy.embedding is not None:
        assert model.get_input_embeddings().weight.shape[1] == anatomy.embedding


def _written(model: Any, folder: Path) -> Mapping[str, Any]:
    """The `config.json` that `save_pretrained` leaves."""
    model.save_pretrained(folder)
    config: Mapping[str, Any] = json.loads((folder / "config.json").read_text())
    return config


@pytest.mark.parametrize(("family", "kind"), ROWS)
def test_each_layer_has_exactly_the_tensors_listed(family: str, kind: str, tmp_path: Path) -> None:
    model = build_model(family, kind)
    _check(model, read_anatomy(_written(model, tmp_path), kind))


@pytest.mark.parametrize(("family", "kind"), [x for x in ROWS if find_kind(x[1]).form.fresh_head])
def test_no_head_of_its_own_is_smaller_than_supposed(
    family: str, kind: str, tmp_path: Path
) -> None:
    model = build_model(family, kind)
    anatomy = read_anatomy(_written(model, tmp_path), kind)
    labels = 1 if kind == "multiple_choice" else model.config.num_labels
    head = suppose_head(HeadSpec(), kind, labels, anatomy).head or ()
    supposed = [Tensor(x.name, x.shape) for x in head]
    own = head_tensors(model, find_heads(model, set()))
    assert file_bytes(by_itself("", supposed)) <= file_bytes(by_itself("", own))
    if anatomy.causal:
        assert supposed == list(own)


@pytest.mark.parametrize(("family", "changes"), VARIANTS)
def test_each_variant_has_exactly_the_tensors_listed(
    family: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    kind = FAMILIES[family].kinds[0]
    model = build_model(family, kind, **changes)
    _check(model, read_anatomy(_written(model, tmp_path), kind))


@pytest.mark.parametrize("family", SIZES)
def test_keys_that_a_config_lacks_have_the_defaults_of_transformers(family: str) -> None:
    """But for sizes that only a claim of memory asks for: they are then not known."""
    kind = FAMILIES[family].kinds[0]
    config = AutoConfig.for_model(family, **SIZES[family]).to_dict()
    for key in set(config) - REQUIRED:
        without = {x: y for x, y in config.items() if x != key}
        filled = AutoConfig.for_model(**without).to_dict()
        found, wanted = read_anatomy(without, kind), read_anatomy(filled, kind)
        unknown = {x: None for x in ("heads", "vocabulary") if getattr(found, x) is None}
        assert found == wanted.model_copy(update=unknown), key


@pytest.mark.parametrize("family", FAMILIES)
def test_kinds_are_those_that_transformers_has_a_class_for(family: str) -> None:
    config_class = type(AutoConfig.for_model(family))
    able = set()
    for kind, name in CLASSES.items():
        if config_class in getattr(modeling_auto, name)._model_mapping.keys():
            able.add(kind)
    if "multiple_choice" in able or family == "deberta":
        able.discard("causal_lm")  # encoders, which would have to be turned into decoders
    assert set(FAMILIES[family].kinds) == able


@pytest.mark.parametrize(
    ("family", "kind"), [(x, row.kinds[-1]) for x, row in FAMILIES.items() if x not in EXCEPTIONS]
)
def test_attention_is_the_module_that_the_attention_function_gets(
    family: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build_model(family, kind).eval()
    anatomy = read_anatomy(model.config.to_dict(), kind)
    seen: list[torch.nn.Module] = []

    def attend(module: torch.nn.Module, *inputs: Any, **named: Any) -> Any:
        query, key, value = inputs[:3]
        assert query.shape[0] == key.shape[0] == value.shape[0]
        assert key.shape == value.shape
        assert key.shape[-1] == query.shape[-1]
        seen.append(module)
        return query.transpose(1, 2), None

    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS, "spy", attend)
    expected = [
        model.get_submodule(anatomy.module(layer, stack.attention))
        for layer, (stack, _) in enumerate(anatomy.each())
        if stack.attention is not None
    ]
    model.config._attn_implementation = "spy"
    model(**_inputs(family, kind))
    assert seen == expected


def _inputs(family: str, kind: str) -> dict[str, torch.Tensor]:
    if family in VISION:
        return {"pixel_values": torch.zeros(1, 3, IMAGE_SIZE, IMAGE_SIZE)}
    ids = torch.tensor([[5, 6, 7, 2]])
    return {"input_ids": ids[None] if kind == "multiple_choice" else ids}


@pytest.mark.parametrize(("family", "kind"), [(x, row.kinds[-1]) for x, row in FAMILIES.items()])
def test_a_saved_model_loads_with_what_prepares_its_input(
    family: str, kind: str, tmp_path: Path
) -> None:
    folder = save_model(tmp_path, family, kind=kind)
    model = getattr(transformers, CLASSES[kind]).from_pretrained(folder).eval()
    if family in VISION:
        image = Image.new("RGB", (20, 30), "red")
        automatic: Any = AutoImageProcessor
        batch = automatic.from_pretrained(folder)(image, return_tensors="pt")
    else:
        batch = tokens(folder)
    if kind == "multiple_choice":
        batch = {name: x.reshape(2, 3, -1) for name, x in batch.items()}
    if kind == "seq2seq":
        batch["labels"] = batch["input_ids"]
    with torch.no_grad():
        logits = model(**batch).logits
    assert logits.isfinite().all()
    assert logits.std() > 0
