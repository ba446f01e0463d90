"""Anatomies from `config.json` alone; `tests/workers/test_families` holds them to real models."""

from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import ROLES, Anatomy
from peftsearch.spaces.families.family import FAMILIES, check_kind, read_anatomy
from peftsearch.spaces.kinds.kind_table import KINDS
from tests.anatomies import BERT, DINOV2, GPT2, LLAMA, MODERNBERT, T5

SIZES: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 40,
    "num_hidden_layers": 5,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
OWN: dict[str, dict[str, Any]] = {
    "distilbert": {"dim": 16, "hidden_dim": 40, "n_layers": 5},
    "gpt2": {"n_embd": 16, "n_layer": 5},
    "t5": {"d_model": 16, "d_ff": 40, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 2},
    "mt5": {"d_model": 16, "d_ff": 40, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 2},
}


def _config(family: str, **changes: Any) -> dict[str, Any]:
    return {**OWN.get(family, SIZES), "model_type": family, **changes}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_known_roles_and_round_trips(family: str) -> None:
    anatomy = read_anatomy(_config(family), FAMILIES[family].kinds[0])
    assert anatomy.family == family
    assert (anatomy.layers, anatomy.hidden) == (5, 16)
    assert set(anatomy.linears) <= set(ROLES)
    assert {"attention_output", "mlp_out"} <= set(anatomy.linears)
    assert {"query", "query_key_value"} & set(anatomy.linears)
    assert Anatomy.model_validate(anatomy.model_dump(mode="json")) == anatomy


def test_module_paths() -> None:
    assert BERT.module(3, "x") == "bert.encoder.layer.3.x"
    assert LLAMA.module(2, "mlp.up_proj") == "model.layers.2.mlp.up_proj"
    assert GPT2.module(1, "attn.c_attn") == "transformer.h.1.attn.c_attn"
    assert DINOV2.layer_name(3) == "dinov2.encoder.layer.3"
    assert [T5.layer_name(i) for i in (2, 3)] == ["encoder.block.2", "decoder.block.0"]


def test_a_label_task_wraps_t5_once_more() -> None:
    labelled = read_anatomy(_config("t5"), "regression")
    assert labelled.layer_name(0) == "transformer.encoder.block.0"
    assert labelled.stacks[0].linears == read_anatomy(_config("t5"), "seq2seq").stacks[0].linears


def test_t5_attends_across_in_the_decoder_alone() -> None:
    encoder, decoder = T5.stacks
    assert set(decoder.linears) - set(encoder.linears) == {
        "cross_query",
        "cross_key",
        "cross_value",
        "cross_output",
    }
    assert encoder.attention == decoder.attention == "layer.0.SelfAttention"


@pytest.mark.parametrize(
    ("family", "given", "gated"),
    [
        ("t5", {}, False),
        ("t5", {"feed_forward_proj": "gated-gelu"}, True),
        ("mt5", {}, True),
        ("mt5", {"feed_forward_proj": "relu"}, False),
    ],
)
def test_gated_variants_of_t5(family: str, given: dict[str, Any], gated: bool) -> None:
    anatomy = read_anatomy(_config(family, **given))
    assert ("mlp_gate" in anatomy.linears) is gated


def test_decoder_of_t5_is_as_deep_as_its_encoder_unless_told() -> None:
    assert [stack.layers for stack in T5.stacks] == [3, 3]
    anatomy = read_anatomy(_config("t5", num_decoder_layers=None))
    assert [stack.layers for stack in anatomy.stacks] == [2, 2]


def test_llama_has_grouped_queries_and_no_biases() -> None:
    shapes = {role: (x.inputs, x.outputs) for role, x in LLAMA.linears.items()}
    assert shapes["query"] == (64, 64)
    assert shapes["key"] == shapes["value"] == (64, 32)
    assert shapes["mlp_out"] == (160, 64)
    assert LLAMA.stacks[0].biases(0) == {}


@pytest.mark.parametrize(
    ("family", "given", "shape"),
    [
        ("mistral", {"head_dim": 8}, (32, 16)),
        ("mistral", {"head_dim": None}, (16, 8)),
        ("mistral", {"num_attention_heads": 8, "num_key_value_heads": None}, (16, 16)),
        ("qwen3", {}, (512, 256)),
        ("gemma2", {}, (1024, 512)),
    ],
)
def test_heads_of_decoders(family: str, given: dict[str, Any], shape: tuple[int, int]) -> None:
    linears = read_anatomy(_config(family, **given)).linears
    assert (linears["query"].outputs, linears["key"].outputs) == shape
    assert linears["attention_output"].inputs == shape[0]


@pytest.mark.parametrize(
    ("family", "heads"),
    [("llama", 4), ("mistral", 8), ("qwen2", 32), ("gemma", 16), ("gemma2", 4)],
)
def test_absent_heads_have_the_default_of_the_family(family: str, heads: int) -> None:
    config = {x: y for x, y in _config(family, head_dim=4).items() if x != "num_key_value_heads"}
    assert read_anatomy(config).linears["key"].outputs == heads * 4


@pytest.mark.parametrize(
    ("config", "biased"),
    [
        (_config("llama"), set()),
        (_config("llama", attention_bias=True), {"q", "k", "v", "o"}),
        (_config("mistral"), set()),
        (_config("qwen2"), {"q", "k", "v"}),
    ],
)
def test_attention_biases(config: dict[str, Any], biased: set[str]) -> None:
    paths = read_anatomy(config).stacks[0].biases(0)
    assert set(paths) == {f"self_attn.{x}_proj.bias" for x in biased}


def test_first_layer_of_modernbert_has_one_norm() -> None:
    (stack,) = MODERNBERT.stacks
    assert set(stack.norm_tensors(0)) == {"mlp_norm.weight"}
    assert set(stack.norm_tensors(1)) == {"attn_norm.weight", "mlp_norm.weight"}


def test_embeddings() -> None:
    assert read_anatomy(_config("electra", embedding_size=8)).embedding == 8
    assert read_anatomy(_config("electra")).embedding == 128
    assert (BERT.embedding, GPT2.embedding, DINOV2.embedding) == (384, 64, None)


def test_causal() -> None:
    assert (BERT.causal, T5.causal, LLAMA.causal, GPT2.causal) == (False, False, True, True)
    assert not read_anatomy(_config("gemma3_text", use_bidirectional_attention=True)).causal
    assert read_anatomy(_config("bert", is_decoder=True)).causal


def test_unknown_family() -> None:
    with pytest.raises(UserError, match=r"a model family among bert, .*; got model_type 'mine'"):
        read_anatomy(_config("mine"))
    with pytest.raises(UserError, match="got model_type 'None'"):
        read_anatomy({})
    check_kind("mine", "causal_lm")


@pytest.mark.parametrize(
    ("family", "kind"),
    [(x, kind) for x in FAMILIES for kind in KINDS if kind not in FAMILIES[x].kinds],
)
def test_impossible_kinds_name_those_that_the_family_can_do(family: str, kind: str) -> None:
    with pytest.raises(UserError) as caught:
        read_anatomy(_config(family), kind)
    able = ", ".join(FAMILIES[family].kinds)
    assert str(caught.value).startswith(f"expected a kind of task that {family} can do ({able})")
    assert f"got '{kind}'; choose a model among " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_kind_that_does_not_exist() -> None:
    with pytest.raises(UserError, match=r"got 'ranking'; correct task\.kind"):
        read_anatomy(_config("bert"), "ranking")


def test_models_of_several_modes() -> None:
    with pytest.raises(UserError, match="model_type 'gemma3', which joins several"):
        read_anatomy({"model_type": "gemma3", "text_config": {}, "vision_config": {}})


def test_layers_that_attend_across_are_refused() -> None:
    with pytest.raises(UserError, match="a gpt2 with add_cross_attention"):
        read_anatomy(_config("gpt2", add_cross_attention=True))


@pytest.mark.parametrize("size", [None, "wide"])
def test_config_without_a_size(size: object) -> None:
    with pytest.raises(UserError, match="the sizes of its layers"):
        read_anatomy(_config("bert", hidden_size=size))
    with pytest.raises(UserError, match="KeyError: 'hidden_size'"):
        read_anatomy({"model_type": "bert"})


def test_config_without_heads() -> None:
    with pytest.raises(UserError, match="ZeroDivisionError"):
        read_anatomy(_config("llama", num_attention_heads=0))
