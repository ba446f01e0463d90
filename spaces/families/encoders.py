"""Anatomies of the text encoders, from their `config.json`; `families` says which is which.

Paths are those of `transformers` 5, which translates older checkpoints when it loads them.
"""

from collections.abc import Mapping
from typing import Any

from .anatomy import Anatomy, Linear, Norm, Stack

Config = Mapping[str, Any]

_BERT_PATHS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention_output": "attention.output.dense",
    "mlp_in": "intermediate.dense",
    "mlp_out": "output.dense",
}
_BERT_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")
_DISTILBERT_PATHS = {
    "query": "attention.q_lin",
    "key": "attention.k_lin",
    "value": "attention.v_lin",
    "attention_output": "attention.out_lin",
    "mlp_in": "ffn.lin1",
    "mlp_out": "ffn.lin2",
}
_MPNET_PATHS = _BERT_PATHS | {
    "query": "attention.attn.q",
    "key": "attention.attn.k",
    "value": "attention.attn.v",
    "attention_output": "attention.attn.o",
}
_DEBERTA_PATHS = _BERT_PATHS | {
    "query": "attention.self.query_proj",
    "key": "attention.self.key_proj",
    "value": "attention.self.value_proj",
}


def make_linears(paths: Mapping[str, str], hidden: int, inner: int) -> dict[str, Linear]:
    """Linears with biases: `hidden x hidden`, but for the two of the MLP."""
    shapes = {"mlp_in": (hidden, inner), "mlp_out": (inner, hidden)}
    linears = {}
    for role, path in paths.items():
        inputs, outputs = shapes.get(role, (hidden, hidden))
        linears[role] = Linear(path=path, inputs=inputs, outputs=outputs, bias=True)
    return linears


def make_norms(paths: tuple[str, ...], size: int, bias: bool) -> tuple[Norm, ...]:
    """Norms of one size."""
    return tuple(Norm(path=path, size=size, bias=bias) for path in paths)


def read_bert(config: Config, prefix: str) -> Anatomy:
    """BERT and what is built like it; ELECTRA's embeddings may be narrower than its layers."""
    return _make_bert(config, prefix, _BERT_PATHS, "attention.self")


def read_distilbert(config: Config) -> Anatomy:
    """DistilBERT, which has names of its own for every size."""
    d = int(config["dim"])
    stack = Stack(
        layers=int(config["n_layers"]),
        layer_path="distilbert.transformer.layer.{layer}",
        linears=make_linears(_DISTILBERT_PATHS, d, int(config["hidden_dim"])),
        norms=make_norms(("sa_layer_norm", "output_layer_norm"), d, bias=True),
        attention="attention",
    )
    return Anatomy(family="distilbert", hidden=d, stacks=(stack,), embedding=d)


def read_mpnet(config: Config) -> Anatomy:
    """MPNet. It computes attention itself; its relative position bias belongs to no layer."""
    norms = ("attention.LayerNorm", "output.LayerNorm")
    return _make_bert(config, "mpnet", _MPNET_PATHS, None, norms=norms)


def read_deberta(config: Config) -> Anatomy:
    """DeBERTa, version 1: queries, keys and values come from one matrix, interleaved by head,
    and two of their biases are parameters of the attention module."""
    d, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
    anatomy = _make_bert(config, "deberta", _BERT_PATHS, None)
    (stack,) = anatomy.stacks
    fused = Linear(path="attention.self.in_proj", inputs=d, outputs=3 * d, bias=False)
    rest = {x: y for x, y in stack.linears.items() if x not in ("query", "key", "value")}
    others = {"q_bias": d, "v_bias": d}
    if config.get("talking_head"):
        others |= {f"head_{x}_proj.weight": heads * heads for x in ("logits", "weights")}
    kinds = _position_kinds(config)
    if "c2p" in kinds:
        others["pos_proj.weight"] = d * d
    if "p2c" in kinds:
        others |= {"pos_q_proj.weight": d * d, "pos_q_proj.bias": d}
    return _replace(anatomy, {"query_key_value": fused} | rest, others)


def read_deberta_v2(config: Config) -> Anatomy:
    """DeBERTa, versions 2 and 3. With `share_att_key` a layer's query and key matrices project
    the relative positions too; without, the layer has further matrices for them."""
    d = int(config["hidden_size"])
    anatomy = _make_bert(config, "deberta", _DEBERTA_PATHS, None)
    others: dict[str, int] = {}
    kinds = () if config.get("share_att_key") else _position_kinds(config)
    for kind, name in (("c2p", "pos_key_proj"), ("p2c", "pos_query_proj")):
        if kind in kinds:
            others |= {f"{name}.weight": d * d, f"{name}.bias": d}
    buckets = int(config.get("position_buckets") or 0)
    found = _replace(anatomy, anatomy.stacks[0].linears, others)
    return found.model_copy(update={"reach": buckets if buckets > 0 else None})


def read_modernbert(config: Config) -> Anatomy:
    """ModernBERT: fused matrices; the first layer has no norm before its attention."""
    d, m = int(config["hidden_size"]), int(config["intermediate_size"])
    bias, mlp_bias = bool(config.get("attention_bias")), bool(config.get("mlp_bias"))
    norm_bias = bool(config.get("norm_bias"))
    linears = {
        "query_key_value": Linear(path="attn.Wqkv", inputs=d, outputs=3 * d, bias=bias),
        "attention_output": Linear(path="attn.Wo", inputs=d, outputs=d, bias=bias),
        "mlp_gate_in": Linear(path="mlp.Wi", inputs=d, outputs=2 * m, bias=mlp_bias),
        "mlp_out": Linear(path="mlp.Wo", inputs=m, outputs=d, bias=mlp_bias),
    }
    norms = (
        Norm(path="attn_norm", size=d, bias=norm_bias, first=1),
        Norm(path="mlp_norm", size=d, bias=norm_bias),
    )
    stack = Stack(
        layers=int(config["num_hidden_layers"]),
        layer_path="model.layers.{layer}",
        linears=linears,
        norms=norms,
        attention="attn",
    )
    return Anatomy(family="modernbert", hidden=d, stacks=(stack,), embedding=d)


def _make_bert(
    config: Config,
    prefix: str,
    paths: Mapping[str, str],
    attention: str | None,
    norms: tuple[str, ...] = _BERT_NORMS,
) -> Anatomy:
    d = int(config["hidden_size"])
    stack = Stack(
        layers=int(config["num_hidden_layers"]),
        layer_path=f"{prefix}.encoder.layer.{{layer}}",
        linears=make_linears(paths, d, int(config["intermediate_size"])),
        norms=make_norms(norms, d, bias=True),
        attention=attention,
    )
    return Anatomy(
        family=str(config["model_type"]),
        hidden=d,
        stacks=(stack,),
        embedding=int(config.get("embedding_size", d)),
        causal=bool(config.get("is_decoder")),
    )


def _position_kinds(config: Config) -> tuple[str, ...]:
    """Which relative position terms have a matrix: written as a list, or as `c2p|p2c`."""
    if not config.get("relative_attention"):
        return ()
    kinds = config.get("pos_att_type") or ()
    return tuple(x.strip() for x in kinds.lower().split("|")) if isinstance(kinds, str) else kinds


def _replace(anatomy: Anatomy, linears: Mapping[str, Linear], others: dict[str, int]) -> Anatomy:
    named = {f"attention.self.{name}": size for name, size in others.items()}
    (stack,) = anatomy.stacks
    changed = stack.model_copy(update={"linears": dict(linears), "others": named})
    return anatomy.model_copy(update={"stacks": (changed,)})
