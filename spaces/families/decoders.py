"""Anatomies of the decoders and of T5, from their `config.json`."""

from typing import Any

from .anatomy import Anatomy, Linear, Norm, Stack
from .encoders import Config, make_norms

_LLAMA_NORMS = ("input_layernorm", "post_attention_layernorm")
_GEMMA2_NORMS = (*_LLAMA_NORMS, "pre_feedforward_layernorm", "post_feedforward_layernorm")


def read_llama(config: Config) -> Anatomy:
    """Llama: one switch for all biases of the attention, one for those of the MLP."""
    bias = bool(config.get("attention_bias"))
    return _make_llama(config, bias, bias, bool(config.get("mlp_bias")))


def read_mistral(config: Config) -> Anatomy:
    """Mistral: Llama without any bias."""
    return _make_llama(config, False, False, False)


def read_qwen2(config: Config) -> Anatomy:
    """Qwen2 and Qwen2.5: biases at queries, keys and values."""
    return _make_llama(config, True, False, False)


def read_qwen3(config: Config) -> Anatomy:
    """Qwen3: norms of queries and keys, as wide as a head."""
    bias = bool(config.get("attention_bias"))
    return _make_llama(config, bias, bias, False, head_norms=True)


def read_gemma(config: Config) -> Anatomy:
    """Gemma: heads whose sizes need not add up to the hidden size."""
    bias = bool(config.get("attention_bias"))
    return _make_llama(config, bias, bias, False)


def read_gemma2(config: Config) -> Anatomy:
    """Gemma 2: norms before and after the attention and the MLP."""
    bias = bool(config.get("attention_bias"))
    return _make_llama(config, bias, bias, False, _GEMMA2_NORMS)


def read_gemma3(config: Config) -> Anatomy:
    """Gemma 3, text only: Gemma 2 with norms of queries and keys."""
    bias = bool(config.get("attention_bias"))
    return _make_llama(config, bias, bias, False, _GEMMA2_NORMS, head_norms=True)


def read_phi3(config: Config) -> Anatomy:
    """Phi-3 and Phi-4-mini: fused matrices, no bias."""
    d, m = int(config["hidden_size"]), int(config["intermediate_size"])
    q, kv, _ = _head_sizes(config)
    linears = {
        "query_key_value": _linear("self_attn.qkv_proj", d, q + 2 * kv),
        "attention_output": _linear("self_attn.o_proj", q, d),
        "mlp_gate_in": _linear("mlp.gate_up_proj", d, 2 * m),
        "mlp_out": _linear("mlp.down_proj", m, d),
    }
    return _make_decoder(config, linears, make_norms(_LLAMA_NORMS, d, bias=False))


def read_gpt2(config: Config) -> Anatomy:
    """GPT-2, whose `Conv1D` stores every weight transposed."""
    d = int(config["n_embd"])
    m = int(config.get("n_inner") or 4 * d)
    shapes = {
        "query_key_value": ("attn.c_attn", d, 3 * d),
        "attention_output": ("attn.c_proj", d, d),
        "mlp_in": ("mlp.c_fc", d, m),
        "mlp_out": ("mlp.c_proj", m, d),
    }
    stack = Stack(
        layers=int(config["n_layer"]),
        layer_path="transformer.h.{layer}",
        linears={
            role: Linear(path=path, inputs=inputs, outputs=outputs, bias=True, transposed=True)
            for role, (path, inputs, outputs) in shapes.items()
        },
        norms=make_norms(("ln_1", "ln_2"), d, bias=True),
        attention="attn",
    )
    return Anatomy(family="gpt2", hidden=d, stacks=(stack,), embedding=d, causal=True)


def read_t5(config: Config, prefix: str) -> Anatomy:
    """T5, its gated variants and mT5: the encoder, then the decoder.

    The relative position bias that layer 0 of each stack holds serves the whole stack, so it
    counts to no layer.
    """
    d = int(config["d_model"])
    layers = int(config["num_layers"])
    depth = config.get("num_decoder_layers")
    stacks = (
        _make_t5_stack(config, f"{prefix}encoder", layers, decodes=False),
        _make_t5_stack(config, f"{prefix}decoder", layers if depth is None else int(depth), True),
    )
    return Anatomy(family=str(config["model_type"]), hidden=d, stacks=stacks, embedding=d)


def _make_t5_stack(config: Config, path: str, layers: int, decodes: bool) -> Stack:
    d, m = int(config["d_model"]), int(config["d_ff"])
    inner = int(config["num_heads"]) * int(config["d_kv"])
    linears = _t5_attention("layer.0.SelfAttention", "attention_output", "", d, inner)
    if decodes:
        linears |= _t5_attention("layer.1.EncDecAttention", "cross_output", "cross_", d, inner)
    mlp = f"layer.{2 if decodes else 1}.DenseReluDense"
    if str(config["feed_forward_proj"]).startswith("gated-"):
        linears["mlp_in"] = _linear(f"{mlp}.wi_1", d, m)
        linears["mlp_gate"] = _linear(f"{mlp}.wi_0", d, m)
    else:
        linears["mlp_in"] = _linear(f"{mlp}.wi", d, m)
    linears["mlp_out"] = _linear(f"{mlp}.wo", m, d)
    norms = tuple(f"layer.{i}.layer_norm" for i in range(3 if decodes else 2))
    return Stack(
        layers=layers,
        layer_path=f"{path}.block.{{layer}}",
        linears=linears,
        norms=make_norms(norms, d, bias=False),
        attention="layer.0.SelfAttention",
    )


def _t5_attention(path: str, output: str, roles: str, d: int, inner: int) -> dict[str, Linear]:
    pairs = (("query", "q"), ("key", "k"), ("value", "v"))
    linears = {f"{roles}{role}": _linear(f"{path}.{x}", d, inner) for role, x in pairs}
    return linears | {output: _linear(f"{path}.o", inner, d)}


def _make_llama(
    config: Config,
    qkv_bias: bool,
    output_bias: bool,
    mlp_bias: bool,
    norms: tuple[str, ...] = _LLAMA_NORMS,
    head_norms: bool = False,
) -> Anatomy:
    d, m = int(config["hidden_size"]), int(config["intermediate_size"])
    q, kv, size = _head_sizes(config)
    linears = {
        "query": _linear("self_attn.q_proj", d, q, qkv_bias),
        "key": _linear("self_attn.k_proj", d, kv, qkv_bias),
        "value": _linear("self_attn.v_proj", d, kv, qkv_bias),
        "attention_output": _linear("self_attn.o_proj", q, d, output_bias),
        "mlp_in": _linear("mlp.up_proj", d, m, mlp_bias),
        "mlp_gate": _linear("mlp.gate_proj", d, m, mlp_bias),
        "mlp_out": _linear("mlp.down_proj", m, d, mlp_bias),
    }
    narrow = ("self_attn.q_norm", "self_attn.k_norm") if head_norms else ()
    listed = make_norms(norms, d, bias=False) + make_norms(narrow, size, bias=False)
    return _make_decoder(config, linears, listed)


def _make_decoder(config: Config, linears: dict[str, Linear], norms: tuple[Norm, ...]) -> Anatomy:
    d = int(config["hidden_size"])
    stack = Stack(
        layers=int(config["num_hidden_layers"]),
        layer_path="model.layers.{layer}",
        linears=linears,
        norms=norms,
        attention="self_attn",
    )
    return Anatomy(
        family=str(config["model_type"]),
        hidden=d,
        stacks=(stack,),
        embedding=d,
        causal=not config.get("use_bidirectional_attention"),
    )


def _head_sizes(config: Config) -> tuple[int, int, int]:
    """Width of all queries, width of all keys, width of a head."""
    heads = int(config["num_attention_heads"])
    size = int(config.get("head_dim") or int(config["hidden_size"]) // heads)
    shared: Any = config.get("num_key_value_heads")
    return heads * size, int(heads if shared is None else shared) * size, size


def _linear(path: str, inputs: int, outputs: int, bias: bool = False) -> Linear:
    return Linear(path=path, inputs=inputs, outputs=outputs, bias=bias)
