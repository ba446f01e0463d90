"""Anatomies of the image encoders, from their `config.json`. They have no token embeddings."""

from .anatomy import Anatomy, Linear, Stack
from .encoders import Config, make_linears, make_norms

_ATTENTION = {
    "query": "attention.q_proj",
    "key": "attention.k_proj",
    "value": "attention.v_proj",
    "attention_output": "attention.o_proj",
}
_MLP = {"mlp_in": "mlp.fc1", "mlp_out": "mlp.fc2"}


def read_vit(config: Config) -> Anatomy:
    """ViT."""
    d, m = int(config["hidden_size"]), int(config["intermediate_size"])
    stack = Stack(
        layers=int(config["num_hidden_layers"]),
        layer_path="vit.layers.{layer}",
        linears=_make_attention(config) | make_linears(_MLP, d, m),
        norms=make_norms(("layernorm_before", "layernorm_after"), d, bias=True),
        attention="attention",
    )
    return Anatomy(family="vit", hidden=d, stacks=(stack,))


def read_dinov2(config: Config) -> Anatomy:
    """DINOv2: a factor per channel after the attention and after the MLP."""
    d = int(config["hidden_size"])
    stack = Stack(
        layers=int(config["num_hidden_layers"]),
        layer_path="dinov2.encoder.layer.{layer}",
        linears=_make_attention(config) | _make_dinov2_mlp(config),
        norms=make_norms(("norm1", "norm2"), d, bias=True),
        others={"layer_scale1.lambda1": d, "layer_scale2.lambda1": d},
        attention="attention",
    )
    return Anatomy(family="dinov2", hidden=d, stacks=(stack,))


def _make_attention(config: Config) -> dict[str, Linear]:
    linears = make_linears(_ATTENTION, int(config["hidden_size"]), 0)
    bias = bool(config["qkv_bias"])
    for role in ("query", "key", "value"):
        linears[role] = linears[role].model_copy(update={"bias": bias})
    return linears


def _make_dinov2_mlp(config: Config) -> dict[str, Linear]:
    """The giant model's MLP is gated: two thirds as wide, rounded up to a multiple of 8."""
    d = int(config["hidden_size"])
    m = int(d * config["mlp_ratio"])
    if not config.get("use_swiglu_ffn"):
        return make_linears(_MLP, d, m)
    m = (int(m * 2 / 3) + 7) // 8 * 8
    linears = make_linears({"mlp_in": "mlp.up_proj", "mlp_out": "mlp.down_proj"}, d, m)
    return linears | {"mlp_gate": linears["mlp_in"].model_copy(update={"path": "mlp.gate_proj"})}
