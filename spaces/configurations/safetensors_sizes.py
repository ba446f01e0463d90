"""How large a safetensors file is, to the byte, from the names and shapes of its tensors.

A file is the length of its header in 8 bytes, the header in JSON, filled up with spaces to a
multiple of 8, and the tensors' values. The header names each tensor with its type, its shape and
where its values begin and end; tensors are sorted by type, then by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.techniques.saved import TYPES, Tensor

_ORDER = {name: i for i, name in enumerate(TYPES)}
_EMPTY = len('{"__metadata__":{"format":"pt"}}')
_ENTRY = len(',"":{"dtype":"","shape":[],"data_offsets":[,]}')
_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)


@dataclass(frozen=True)
class Run:
    """Tensors of one type that stand together in a file.

    Attributes:
        first: Name of the first, without the prefix of all.
        text: Characters of their entries without prefixes and places.
        sizes: Bytes of each.
    """

    type: str
    first: str
    text: int
    sizes: NDArray[np.int64]


@dataclass(frozen=True)
class Content:
    """Tensors whose names go on from one prefix, such that no other name lies between them.

    Attributes:
        tensors: Each with its name after the prefix.
    """

    tensors: tuple[tuple[str, Tensor], ...]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """One for each type."""
        groups: dict[str, list[tuple[str, Tensor]]] = {}
        for name, tensor in sorted(self.tensors, key=lambda x: x[0]):
            groups.setdefault(tensor.type, []).append((name, tensor))
        return tuple(_run(kind, found) for kind, found in groups.items())


def _run(kind: str, named: list[tuple[str, Tensor]]) -> Run:
    text = sum(_ENTRY + len(name) + len(kind) + _digits(x.shape) for name, x in named)
    sizes = np.array([x.bytes for _, x in named], dtype=np.int64)
    return Run(kind, named[0][0], text, sizes)


def _digits(shape: tuple[int, ...]) -> int:
    return sum(len(str(size)) for size in shape) + max(len(shape) - 1, 0)


def file_bytes(contents: Iterable[tuple[str, Content]]) -> int:
    """Size of the file of these contents, each with the prefix of its names."""
    runs = [(prefix, run) for prefix, content in contents for run in content.runs]
    runs.sort(key=lambda x: (_ORDER[x[1].type], x[0] + x[1].first))
    sizes = np.concatenate([np.empty(0, np.int64), *(run.sizes for _, run in runs)])
    ends = np.cumsum(sizes)
    places = 2 * len(sizes) + int(_POWERS.searchsorted([ends - sizes, ends], "right").sum())
    text = sum(len(prefix) * len(run.sizes) + run.text for prefix, run in runs)
    header = _EMPTY + text + places
    return 8 + header + -header % 8 + int(sizes.sum())


def payload(contents: Iterable[tuple[str, Content]]) -> int:
    """Bytes of the tensors alone."""
    return sum(int(run.sizes.sum()) for _, content in contents for run in content.runs)


def by_itself(prefix: str, tensors: Iterable[Tensor]) -> list[tuple[str, Content]]:
    """Tensors that names of others may lie between."""
    return [(prefix, Content(((x.name, x),))) for x in tensors]
