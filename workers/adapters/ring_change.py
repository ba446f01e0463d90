"""A change of one linear by small tensors in a ring (TLoRA, arXiv 2501.08727)."""

from collections.abc import Iterable

import torch
from torch import nn

from peftsearch.spaces.families.anatomy import Linear
from peftsearch.spaces.techniques.tensor_rings import factors

from .changes import Change, Fixed, zeros


class RingChange(Change):
    """`W T - W + D`: a turn of the inputs and a residual.

    `T` is the Kronecker product of three small matrices `I + turn[k]`. The paper's rings of
    `R x R` matrices start with equal matrices, whose gradients are equal too: they stay what
    `R = 1` is. `D_ij` is the trace of a product of six matrices `r x r`, three by the output
    `i = (i1, i2, i3)` and three by the input `j`; the first of the outputs' starts as 0.
    """

    def __init__(self, linear: Linear, rank: int, dropout: float) -> None:
        super().__init__()
        inputs, outputs = factors(linear.inputs), factors(linear.outputs)
        self.turn = nn.ParameterList(zeros(k, k) for k in inputs)
        self.read = nn.ParameterList(zeros(k, rank, rank) for k in inputs)
        self.written = nn.ParameterList(zeros(k, rank, rank) for k in outputs)

    def start(self, draws: torch.Generator, fixed: Fixed) -> None:
        """Cores of deviation `sqrt(r) / (k r)`, but for the first of the outputs."""
        for core in (*self.read, *list(self.written)[1:]):
            size, rank, _ = core.shape
            values = torch.randn(core.shape, generator=draws) * (rank**0.5 / (size * rank))
            core.data.copy_(values)

    def change(self, weight: torch.Tensor) -> torch.Tensor:
        """`W T - W + D`."""
        return turned(weight, self.turn) - weight + self.residual()

    def residual(self) -> torch.Tensor:
        """`D`, `outputs x inputs`: of rank `r^2` at most."""
        written, read = ring(self.written), ring(self.read)
        return written.flatten(1) @ read.transpose(1, 2).flatten(1).T


def turned(weight: torch.Tensor, turns: Iterable[torch.Tensor]) -> torch.Tensor:
    """`weight` times the Kronecker product of `I + turn`; where all turns are 0, itself exactly.

    Args:
        weight: `o x n`.
        turns: `k x k` each; their sizes multiply to `n`.
    """
    result, behind = weight, weight.shape[1]
    for turn in turns:
        behind //= len(turn)
        blocks = result.reshape(-1, len(turn), behind)
        result = result + torch.einsum("aib,ij->ajb", blocks, turn).reshape(weight.shape)
    return result


def ring(cores: Iterable[torch.Tensor]) -> torch.Tensor:
    """Products of one matrix of each core, by the numbers of all: `k1 k2 k3 x r x r`."""
    first, *rest = cores
    for core in rest:
        first = torch.einsum("iab,jbc->ijac", first, core).flatten(0, 1)
    return first
