"""Changes of one linear that are our own; rows of the table name the builders below (`build`)."""

import math
from typing import Any

import torch

from peftsearch.spaces.families.anatomy import Linear
from peftsearch.workers.runtime.seeds import stream

from .changes import Change, Fixed, ThinChange, adding, draw_uniform, zeros
from .ring_change import RingChange

_ALPHA = 16.0
"""As of the rows of LoRA: the change is scaled by it over the rank."""
_BASIS_SEED = 0
_COEFFICIENT = 0.1
"""Of distances in the first space; in the second its negative (Shen et al.'s code)."""
_SURVIVING = 0.1
"""Share of entries that survive the competition (Shen et al.'s scripts)."""


class Tucker(ThinChange):
    """`s B G A` with a trained core `G`, `r x r`, that starts as 0."""

    def __init__(self, linear: Linear, rank: int, dropout: float) -> None:
        super().__init__(_ALPHA / rank, dropout)
        self.down, self.core = zeros(rank, linear.inputs), zeros(rank, rank)
        self.up = zeros(linear.outputs, rank)

    def start(self, draws: torch.Generator, fixed: Fixed) -> None:
        """Both thin matrices as `nn.Linear` has them."""
        draw_uniform(self.down, self.down.shape[1], draws)
        draw_uniform(self.up, self.up.shape[1], draws)

    def steps(self) -> tuple[torch.Tensor, ...]:
        """`A`, `G` and `B`."""
        return self.down, self.core, self.up


class FrozenInner(ThinChange):
    """`s B A` where `A`, drawn as `nn.Linear` does, is frozen and the same for every trial."""

    down: torch.Tensor

    def __init__(self, linear: Linear, rank: int, dropout: float) -> None:
        super().__init__(_ALPHA / rank, dropout)
        self.inputs, self.rank = linear.inputs, rank
        self.up = zeros(linear.outputs, rank)

    def start(self, draws: torch.Generator, fixed: Fixed) -> None:
        """Draw `A`."""
        down = torch.empty(self.rank, self.inputs)
        draw_uniform(down, self.inputs, fixed("down"))
        self.hold("down", down)

    def steps(self) -> tuple[torch.Tensor, ...]:
        """`A` and `B`."""
        return self.down, self.up


class OrthogonalInner(FrozenInner):
    """As `FrozenInner`, where `A` are rows of an orthogonal matrix that all adapters share.

    The matrix is a cosine transform of inputs with random signs (`orthogonal_rows`), so that any
    row is known without the others; which rows a linear reads is drawn for each trial and saved.
    Adapters without a row in common change a weight by `D1`, `D2` with `D1 D2^T = 0`.
    """

    rows: torch.Tensor

    def __init__(self, linear: Linear, rank: int, dropout: float) -> None:
        super().__init__(linear, rank, dropout)
        self.register_buffer("rows", torch.zeros(rank, dtype=torch.int32))
        after_loading: Any = self.register_load_state_dict_post_hook
        after_loading(lambda module, keys: module._read_rows())

    def start(self, draws: torch.Generator, fixed: Fixed) -> None:
        """Draw which rows."""
        rows = torch.randperm(self.inputs, generator=draws)[: self.rank]
        self.rows.copy_(rows.sort().values)
        self._read_rows()

    def _read_rows(self) -> None:
        # The same for all linears with as many inputs, in every model.
        shared = stream(_BASIS_SEED, f"signs of {self.inputs} inputs")
        signs = 2.0 * torch.randint(0, 2, (self.inputs,), generator=shared) - 1
        self.hold("down", orthogonal_rows(self.rows.cpu(), signs))


def orthogonal_rows(rows: torch.Tensor, signs: torch.Tensor) -> torch.Tensor:
    """Rows of the orthogonal `n x n` matrix of the cosine transform (DCT-II), columns by `signs`.

    Args:
        rows: Whole numbers below `n`, `r`.
        signs: 1 or -1, `n`.

    Returns:
        `r x n`, each row of norm 1.
    """
    n = len(signs)
    odd = 2 * torch.arange(n, device=rows.device) + 1
    # Angles are reduced as whole numbers: float32 could not hold the larger ones.
    steps = (rows.long()[:, None] * odd) % (4 * n)
    norms = torch.where(rows == 0, n**-0.5, (2 / n) ** 0.5)
    return norms[:, None] * torch.cos(steps * (math.pi / (2 * n))) * signs


class Kernel(Change):
    """`D - D0`, `D_ij = .1 |a_j - b_i| - .1 |a'_j - b'_i|`: distances between points of inputs and
    outputs in two spaces of `r / 2` dimensions; `D0` is `D` before training."""

    def __init__(self, linear: Linear, rank: int, dropout: float) -> None:
        super().__init__()
        self.inputs = zeros(2, linear.inputs, rank // 2)
        self.outputs = zeros(2, linear.outputs, rank // 2)

    def start(self, draws: torch.Generator, fixed: Fixed) -> None:
        """Points that are the same for every trial: what they say at first is taken out again."""
        for name, table in self.named_parameters():
            draw_uniform(table, table.shape[1] * table.shape[2], fixed(name))
        with torch.no_grad():
            self.hold("first", self.kernel())

    def change(self, weight: torch.Tensor) -> torch.Tensor:
        """`D - D0`."""
        return self.kernel() - self.get_buffer("first")

    def kernel(self) -> torch.Tensor:
        """`D`, `outputs x inputs`."""
        # By products of matrices, the distance of near points would lose its digits.
        near = torch.cdist(self.outputs, self.inputs, compute_mode="donot_use_mm_for_euclid_dist")
        return _COEFFICIENT * (near[0] - near[1])


class CompetingKernel(Kernel):
    """As `Kernel`, where of `D` the entries of largest magnitude survive, times that magnitude."""

    def kernel(self) -> torch.Tensor:
        """`D |D|` where `|D|` is in the largest tenth, else 0; no gradient by the factor."""
        whole = super().kernel()
        size = whole.detach().abs()
        # `torch.quantile` takes no more than 2^24 entries.
        place = max(1, round((1 - _SURVIVING) * size.numel()))
        threshold = size.flatten().kthvalue(place).values
        return whole * torch.where(size > threshold, size, 0.0)


add_tucker = adding(Tucker)
add_frozen = adding(FrozenInner)
add_orthogonal = adding(OrthogonalInner)
add_kernel = adding(Kernel)
add_competing_kernel = adding(CompetingKernel)
add_ring = adding(RingChange)
