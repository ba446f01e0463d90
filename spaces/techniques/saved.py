"""What a file of weights holds of each technique: names, shapes and types of its tensors.

Names are relative to what is adapted: to a linear, a layer, or the model. `n` are a linear's
inputs, `o` its outputs. `tests/workers/files/test_sizes.py` compares all of them with files.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from peftsearch.spaces.families.anatomy import Linear, Stack

TYPES: Mapping[str, int] = {"I64": 8, "F32": 4, "I32": 4}
"""Bytes of a number by the name that safetensors has for its type, in the order of its files."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file.

    Attributes:
        peft: Its name in the file of `peft`, where it is another.
        numbers: How many it holds, where `shape` is only the longest that it may have.
    """

    name: str
    shape: tuple[int, ...]
    type: str = "F32"
    peft: str | None = None
    numbers: int | None = None

    @property
    def bytes(self) -> int:
        """Of its values."""
        numbers = math.prod(self.shape) if self.numbers is None else self.numbers
        return TYPES[self.type] * numbers


Tensors = tuple[Tensor, ...]
OfLinear = Callable[[Linear, str, int], Tensors]
"""Tensors of one linear in a role at a capacity."""


@dataclass(frozen=True)
class Saved:
    """Tensors of one technique.

    Attributes:
        linear: Of each adapted linear.
        layer: Of a layer's modules beside its linears, at a capacity.
        shared: Of a capacity once, however many linears have it; they lie at the first of them.
        model: As `shared`, by a number that counts capacities; they lie at the model.
        input: Of virtual tokens, given the width of the embeddings and how many; they lie at the
            model below the head.
        peft_linear: What `peft` saves of a linear besides.
        peft_model: What `peft` saves once besides, given the full names of all adapted linears.
        lean: Arguments of the `peft` class by which a file leaves out what a seed makes again.
        remade: Ends of the names of tensors that `peft` saves, but makes again where they lack.
    """

    linear: OfLinear | None = None
    layer: Callable[[Stack, int], Tensors] | None = None
    shared: Callable[[int], Tensors] | None = None
    model: Callable[[int], Tensors] | None = None
    input: Callable[..., Tensors] | None = None
    peft_linear: OfLinear | None = None
    peft_model: Callable[[Mapping[str, Linear], int], Tensors] | None = None
    lean: Mapping[str, Any] = field(default_factory=dict)
    remade: tuple[str, ...] = ()

    @property
    def larger_in_peft(self) -> bool:
        """Whether the file of `peft` may hold more than ours."""
        return self.peft_linear is not None or self.peft_model is not None


NO_PROJECTION: Mapping[str, Any] = {"save_projection": False}
UNKNOWN_NAME, UNKNOWN_SHAPE, UNKNOWN_TENSORS = "x" * 40, (99_999, 99_999, 99_999), 8
"""What is assumed of each linear or layer of a technique that does not say what it saves."""


def unknown(numbers: int) -> Tensors:
    """So many tensors with such long names that a file hardly needs more room."""
    first = Tensor(UNKNOWN_NAME, UNKNOWN_SHAPE, numbers=numbers)
    rest = Tensor(UNKNOWN_NAME, UNKNOWN_SHAPE, numbers=0)
    return (first, *(rest,) * (UNKNOWN_TENSORS - 1)) if numbers else ()
