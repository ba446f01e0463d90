"""Where a model family keeps what we adapt: target roles, their shapes, norms and biases.

An `Anatomy` is made from a model's `config.json` alone (no weights, no torch) and travels in the
job spec, so that search needs no model. All layers of a supported family have the same shapes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from .errors import UserError

ROLES = (
    "query",
    "key",
    "value",
    "attention_output",
    "mlp_in",
    "mlp_gate",
    "mlp_out",
)


class Linear(BaseModel):
    """One adaptable linear of a layer; `path` is relative to the layer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    inputs: int
    outputs: int
    bias: bool


class Norm(BaseModel):
    """One normalisation of a layer; `path` is relative to the layer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    size: int
    bias: bool


class Anatomy(BaseModel):
    """The layers of one model, by role.

    Attributes:
        family: A row of `FAMILIES`, or any name where the user wrote the anatomy.
        layers: Number of transformer layers, `L`.
        hidden: Width of the hidden states, `d`.
        layer_path: Module path of one layer, with `{layer}` for its index.
        linears: Role to linear; a role that the family lacks is absent.
        norms: The norms inside a layer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    layers: int
    hidden: int
    layer_path: str
    linears: Mapping[str, Linear]
    norms: tuple[Norm, ...]

    def module(self, layer: int, path: str) -> str:
        """Full module path of `path` in `layer`."""
        return f"{self.layer_path.format(layer=layer)}.{path}"

    @property
    def biases(self) -> dict[str, int]:
        """Size of every bias of a layer, by tensor path relative to the layer."""
        linears = {f"{x.path}.bias": x.outputs for x in self.linears.values() if x.bias}
        return linears | {f"{x.path}.bias": x.size for x in self.norms if x.bias}

    @property
    def norm_tensors(self) -> dict[str, int]:
        """Size of every norm weight and bias of a layer, by tensor path relative to the layer."""
        weights = {f"{x.path}.weight": x.size for x in self.norms}
        return weights | {f"{x.path}.bias": x.size for x in self.norms if x.bias}


def _bert(config: Mapping[str, Any], prefix: str) -> Anatomy:
    d, m = int(config["hidden_size"]), int(config["intermediate_size"])
    linears = {
        "query": Linear(path="attention.self.query", inputs=d, outputs=d, bias=True),
        "key": Linear(path="attention.self.key", inputs=d, outputs=d, bias=True),
        "value": Linear(path="attention.self.value", inputs=d, outputs=d, bias=True),
        "attention_output": Linear(path="attention.output.dense", inputs=d, outputs=d, bias=True),
        "mlp_in": Linear(path="intermediate.dense", inputs=d, outputs=m, bias=True),
        "mlp_out": Linear(path="output.dense", inputs=m, outputs=d, bias=True),
    }
    norms = ("attention.output.LayerNorm", "output.LayerNorm")
    return Anatomy(
        family=str(config["model_type"]),
        layers=int(config["num_hidden_layers"]),
        hidden=d,
        layer_path=f"{prefix}.encoder.layer.{{layer}}",
        linears=linears,
        norms=tuple(Norm(path=path, size=d, bias=True) for path in norms),
    )


def _llama(config: Mapping[str, Any], qkv_bias: bool, output_bias: bool) -> Anatomy:
    d, m = int(config["hidden_size"]), int(config["intermediate_size"])
    heads = int(config["num_attention_heads"])
    size = int(config.get("head_dim") or d // heads)
    q, kv = heads * size, int(config.get("num_key_value_heads") or heads) * size
    mlp_bias = bool(config.get("mlp_bias", False))
    linears = {
        "query": Linear(path="self_attn.q_proj", inputs=d, outputs=q, bias=qkv_bias),
        "key": Linear(path="self_attn.k_proj", inputs=d, outputs=kv, bias=qkv_bias),
        "value": Linear(path="self_attn.v_proj", inputs=d, outputs=kv, bias=qkv_bias),
        "attention_output": Linear(path="self_attn.o_proj", inputs=q, outputs=d, bias=output_bias),
        "mlp_in": Linear(path="mlp.up_proj", inputs=d, outputs=m, bias=mlp_bias),
        "mlp_gate": Linear(path="mlp.gate_proj", inputs=d, outputs=m, bias=mlp_bias),
        "mlp_out": Linear(path="mlp.down_proj", inputs=m, outputs=d, bias=mlp_bias),
    }
    norms = ("input_layernorm", "post_attention_layernorm")
    return Anatomy(
        family=str(config["model_type"]),
        layers=int(config["num_hidden_layers"]),
        hidden=d,
        layer_path="model.layers.{layer}",
        linears=linears,
        norms=tuple(Norm(path=path, size=d, bias=False) for path in norms),
    )


def _llama_declared(config: Mapping[str, Any]) -> Anatomy:
    bias = bool(config.get("attention_bias", False))
    return _llama(config, bias, bias)


FAMILIES: Mapping[str, Callable[[Mapping[str, Any]], Anatomy]] = {
    "bert": lambda config: _bert(config, "bert"),
    "roberta": lambda config: _bert(config, "roberta"),
    "xlm-roberta": lambda config: _bert(config, "roberta"),
    "electra": lambda config: _bert(config, "electra"),
    "llama": _llama_declared,
    "mistral": lambda config: _llama(config, False, False),
    "qwen2": lambda config: _llama(config, True, False),
}


def read_anatomy(config: Mapping[str, Any]) -> Anatomy:
    """Anatomy of the model that a `config.json` describes.

    Args:
        config: The parsed `config.json`.

    Raises:
        UserError: The family is unknown, or the configuration lacks a size.
    """
    family = str(config.get("model_type"))
    if family not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise UserError(
            f"a model family among {known}",
            f"model_type {family!r}",
            "describe its layers under [model.anatomy] in the job file",
        )
    try:
        return FAMILIES[family](config)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            "a config.json with the sizes of its layers",
            f"none ({type(error).__name__}: {error})",
            "check the model",
        ) from error
