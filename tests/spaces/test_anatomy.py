"""Anatomies from `config.json` alone, against what the families are documented to have."""

import pytest

from peftsearch.spaces.anatomy import FAMILIES, ROLES, Anatomy, read_anatomy
from peftsearch.spaces.errors import UserError
from tests.anatomies import BERT, LLAMA

from .examples import BERT_LARGE

SIZES = {
    "hidden_size": 16,
    "intermediate_size": 40,
    "num_hidden_layers": 5,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_known_roles_and_round_trips(family: str) -> None:
    anatomy = read_anatomy(SIZES | {"model_type": family})
    assert anatomy.family == family
    assert (anatomy.layers, anatomy.hidden) == (5, 16)
    assert set(anatomy.linears) <= set(ROLES)
    assert {"query", "key", "value", "mlp_in", "mlp_out"} <= set(anatomy.linears)
    assert Anatomy.model_validate(anatomy.model_dump(mode="json")) == anatomy


def test_bert_large_biases() -> None:
    assert sum(BERT_LARGE.biases.values()) == 11 * 1024
    assert sum(BERT_LARGE.norm_tensors.values()) == 4 * 1024


def test_module_paths() -> None:
    query = BERT.linears["query"].path
    assert BERT.module(3, query) == "bert.encoder.layer.3.attention.self.query"
    roberta = read_anatomy(SIZES | {"model_type": "roberta"})
    assert roberta.module(0, "x") == "roberta.encoder.layer.0.x"
    assert LLAMA.module(2, "mlp.up_proj") == "model.layers.2.mlp.up_proj"


def test_llama_has_grouped_queries_and_no_biases() -> None:
    shapes = {role: (x.inputs, x.outputs) for role, x in LLAMA.linears.items()}
    assert shapes["query"] == (64, 64)
    assert shapes["key"] == shapes["value"] == (64, 32)
    assert shapes["mlp_out"] == (160, 64)
    assert LLAMA.biases == {}
    assert set(LLAMA.norm_tensors) == {
        "input_layernorm.weight",
        "post_attention_layernorm.weight",
    }


def test_head_size_of_its_own() -> None:
    anatomy = read_anatomy(SIZES | {"model_type": "mistral", "head_dim": 8})
    assert anatomy.linears["query"].outputs == 32
    assert anatomy.linears["attention_output"].inputs == 32
    assert anatomy.linears["value"].outputs == 16


@pytest.mark.parametrize(
    ("config", "biased"),
    [
        ({"model_type": "llama"}, set()),
        ({"model_type": "llama", "attention_bias": True}, {"q", "k", "v", "o"}),
        ({"model_type": "mistral"}, set()),
        ({"model_type": "qwen2"}, {"q", "k", "v"}),
    ],
)
def test_attention_biases(config: dict[str, object], biased: set[str]) -> None:
    paths = read_anatomy(SIZES | config).biases
    assert set(paths) == {f"self_attn.{x}_proj.bias" for x in biased}


def test_unknown_family() -> None:
    with pytest.raises(UserError, match=r"a model family among bert, .*; got model_type 't5'"):
        read_anatomy(SIZES | {"model_type": "t5"})
    with pytest.raises(UserError, match="got model_type 'None'"):
        read_anatomy({})


@pytest.mark.parametrize("size", [None, "wide"])
def test_config_without_a_size(size: object) -> None:
    with pytest.raises(UserError, match="the sizes of its layers"):
        read_anatomy(SIZES | {"model_type": "bert", "hidden_size": size})
    with pytest.raises(UserError, match="KeyError: 'hidden_size'"):
        read_anatomy({"model_type": "bert"})
