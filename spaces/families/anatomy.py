"""Where a model keeps what we adapt: target roles, their shapes, norms and biases, by layer.

An `Anatomy` is made from a model's `config.json` alone (no weights, no torch; `families` has the
rows) and travels in the job spec, so that search needs no model.
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .workload import NOTHING, Workload

ROLES = (
    "query",
    "key",
    "value",
    "query_key_value",
    "attention_output",
    "cross_query",
    "cross_key",
    "cross_value",
    "cross_output",
    "mlp_in",
    "mlp_gate",
    "mlp_gate_in",
    "mlp_out",
)
FUSED: Mapping[str, tuple[str, ...]] = {
    "query_key_value": ("query", "key", "value"),
    "mlp_gate_in": ("mlp_gate", "mlp_in"),
}
"""Roles of matrices that hold several others side by side."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Linear(_Part):
    """One adaptable linear of a layer; `path` is relative to the layer.

    Attributes:
        transposed: The weight is stored `inputs x outputs`, as in GPT-2's `Conv1D`.
    """

    path: str
    inputs: int
    outputs: int
    bias: bool
    transposed: bool = False


class Norm(_Part):
    """One normalisation of a layer; `path` is relative to the layer.

    Attributes:
        first: First layer of the stack that has it.
    """

    path: str
    size: int
    bias: bool
    first: int = 0


class Stack(_Part):
    """A run of like layers.

    Attributes:
        layers: How many.
        layer_path: Module path of one layer, with `{layer}` for its index within the stack.
        linears: Role to linear; a role that the family lacks is absent.
        norms: The norms inside a layer.
        others: Further tensors of a layer, path to size: layer scales and the like.
        attention: Path of the module that is handed to the model's attention function, where
            there is one; virtual keys and values (a prefix) are put there. None: no prefix.
    """

    layers: int
    layer_path: str
    linears: Mapping[str, Linear]
    norms: tuple[Norm, ...]
    others: Mapping[str, int] = Field(default_factory=dict)
    attention: str | None = None

    def biases(self, layer: int) -> dict[str, int]:
        """Size of every bias of a layer, by tensor path relative to the layer."""
        linears = {f"{x.path}.bias": x.outputs for x in self.linears.values() if x.bias}
        return linears | {f"{x.path}.bias": x.size for x in self._norms(layer) if x.bias}

    def norm_tensors(self, layer: int) -> dict[str, int]:
        """Size of every norm weight and bias of a layer, by path relative to the layer."""
        weights = {f"{x.path}.weight": x.size for x in self._norms(layer)}
        return weights | {f"{x.path}.bias": x.size for x in self._norms(layer) if x.bias}

    def weights(self) -> dict[str, int]:
        """Size of every linear's matrix, by path relative to the layer."""
        return {f"{x.path}.weight": x.inputs * x.outputs for x in self.linears.values()}

    def tensors(self, layer: int) -> dict[str, int]:
        """Size of every tensor of a layer, by path relative to the layer."""
        listed = self.weights() | self.biases(layer) | self.norm_tensors(layer)
        return listed | dict(self.others)

    def _norms(self, layer: int) -> list[Norm]:
        return [norm for norm in self.norms if layer >= norm.first]


class HeadTensor(_Part):
    """One tensor of the task's head; `name` is its full name."""

    name: str
    shape: tuple[int, ...]


class Anatomy(_Part):
    """The layers of one model, by role. Layers count from 0 through all stacks, so that of an
    encoder-decoder model the encoder's come first.

    Attributes:
        family: A row of `families.FAMILIES`, or any name where the user wrote the anatomy.
        hidden: Width of the hidden states, `d`.
        stacks: One, or encoder and decoder.
        embedding: Width of the token embeddings; None where the input is no text.
        causal: Whether a token sees only those before it.
        positions: Tokens that the model can read at most; None where no table of positions ends.
        head: What is trained of the task's head in every trial, since files hold it; None until
            a worker has loaded model and data, which alone tell.
        heads: Attention heads of a layer; None where nobody said.
        vocabulary: Tokens that it knows; None where the input is no text, or nobody said.
        reach: Distances that relative positions tell apart, to each side; None where those are as
            many as tokens, or nobody said.
        workload: What a training of the job goes through; None until a worker has counted it.
        encoder: Of the job's encoder, where it has one: a second frozen model that reads the text.
    """

    family: str
    hidden: int
    stacks: tuple[Stack, ...] = Field(min_length=1)
    embedding: int | None = None
    causal: bool = False
    positions: int | None = None
    head: tuple[HeadTensor, ...] | None = None
    heads: int | None = None
    vocabulary: int | None = None
    reach: int | None = None
    workload: Workload | None = None
    encoder: "Anatomy | None" = None

    @model_validator(mode="before")
    @classmethod
    def _accept_one_stack(cls, data: Any) -> Any:
        """A single stack may be written without `stacks`."""
        if not isinstance(data, Mapping) or "stacks" in data:
            return data
        outer = {name: data[name] for name in cls.model_fields if name in data}
        inner = {name: data[name] for name in data if name not in outer}
        return outer | {"stacks": (inner,)}

    @property
    def counted_workload(self) -> Workload:
        """The workload; before it is counted, one without a batch, of which nothing is kept."""
        return self.workload or NOTHING

    @property
    def base_bytes(self) -> int | None:
        """Of the frozen weights as workers hold them, which every adapter stands beside; None
        until a worker has counted them."""
        return self.counted_workload.base_bytes or None

    @property
    def layers(self) -> int:
        """Number of transformer layers, `L`."""
        return sum(stack.layers for stack in self.stacks)

    @property
    def linears(self) -> dict[str, Linear]:
        """Role to linear in the first stack that has the role."""
        found: dict[str, Linear] = {}
        for stack in self.stacks:
            found = dict(stack.linears) | found
        return {role: found[role] for role in ROLES if role in found}

    def locate(self, layer: int) -> tuple[Stack, int]:
        """The stack of a layer, and the layer's index within it."""
        for stack in self.stacks:
            if layer < stack.layers:
                return stack, layer
            layer -= stack.layers
        raise IndexError(f"no such layer: {self.layers} layers and {layer} more")

    def place(self, layer: int) -> int:
        """Which of the stacks has a layer."""
        ends = accumulate(stack.layers for stack in self.stacks)
        return next(i for i, end in enumerate(ends) if layer < end)

    def each(self) -> Iterator[tuple[Stack, int]]:
        """`locate` of every layer, in order."""
        for stack in self.stacks:
            for index in range(stack.layers):
                yield stack, index

    def layer_name(self, layer: int) -> str:
        """Module path of a layer."""
        stack, index = self.locate(layer)
        return stack.layer_path.format(layer=index)

    def module(self, layer: int, path: str) -> str:
        """Full module path of `path` in `layer`."""
        return f"{self.layer_name(layer)}.{path}"
