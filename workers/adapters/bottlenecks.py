"""Bottlenecks beside the linears of a layer: small networks of their own that start as zero.

They are hooked to linears, not to blocks, so that they sit alike in every family: whatever a
family does after its projection (dropout, layer scale, norm, residual) it does to the sum.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

SCALE = 4.0
"""Factor on a parallel bottleneck (He et al., table 6: better than 1, and than a trained one)."""


class Bottleneck(nn.Module):
    """`up(dropout(gelu(down(x))))`, from `inputs` through `width` to `outputs`; 0 before training.

    The papers of serial and parallel bottlenecks have ReLU. In the top layer of a classifier just
    one token per text counts, and these are so alike that a narrow ReLU may see none of them and
    never train; GELU (Houlsby's) passes a gradient everywhere.

    Args:
        scale: Factor on the result.
        generator: Draws `down` as `nn.Linear` does, on the CPU.
        dropout: Share of the hidden numbers that is left out in training, as in the code of
            He et al. (2110.04366).
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        outputs: int,
        scale: float,
        generator: torch.Generator,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.scale, self.dropout = scale, dropout
        self.down = make_linear(inputs, width)
        self.up = make_linear(width, outputs)
        bound = inputs**-0.5
        nn.init.uniform_(self.down.weight, -bound, bound, generator=generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`... x inputs` to `... x outputs`."""
        hidden = functional.dropout(functional.gelu(self.down(x)), self.dropout, self.training)
        result: torch.Tensor = self.up(hidden)
        return result if self.scale == 1 else result * self.scale


def make_linear(inputs: int, outputs: int) -> nn.Linear:
    """All zeros; the usual initialisation would draw from the global generator."""
    linear = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear


class Rules(nn.Module):
    """The factor that many products share, `n x n x n`; its entries have variance `1/n`."""

    def __init__(self, n: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n, n, n, generator=generator) * n**-0.5)


class Product(nn.Module):
    """A linear whose matrix is `sum_i kron(rules[i], left[i] right[i])`, of `nn.Linear`'s
    variance at the start (Compacter, with `B_i` of rank 1).

    Args:
        rules: `n x n x n`; shared, so no parameter of this module.
        zero: Whether the product starts as 0.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        rules: nn.Parameter,
        generator: torch.Generator,
        zero: bool = False,
    ) -> None:
        super().__init__()
        n = len(rules)
        deviation = (3 * inputs) ** -0.25
        draws = [torch.randn(n, size // n, generator=generator) for size in (inputs, outputs)]
        self.left = nn.Parameter(draws[0] * deviation)
        self.right = nn.Parameter(torch.zeros_like(draws[1]) if zero else draws[1] * deviation)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self._rules = (rules,)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`... x inputs` to `... x outputs`."""
        blocks = torch.einsum("nij,nk,nl->ikjl", self._rules[0], self.left, self.right)
        matrix = blocks.reshape(-1, len(self.bias))
        return functional.linear(x, matrix.T, self.bias)


class ProductBottleneck(nn.Module):
    """`up(gelu(down(x)))` of two products; 0 before training."""

    def __init__(
        self, size: int, width: int, rules: nn.Parameter, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.down = Product(size, width, rules, generator)
        self.up = Product(width, size, rules, generator, zero=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`... x size` to the same."""
        result: torch.Tensor = self.up(functional.gelu(self.down(x)))
        return result


def hook_after(target: nn.Module, added: nn.Module) -> list[RemovableHandle]:
    """Serial: the target's output `h` becomes `h + added(h)`."""

    def add(module: nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = output + added(output)
        return result

    return [target.register_forward_hook(add)]


def hook_beside(
    layer: nn.Module, entry: nn.Module, end: nn.Module, added: nn.Module
) -> list[RemovableHandle]:
    """Parallel: what `end` gives gains `added(x)`, where `x` is what `entry` read before."""
    held: list[torch.Tensor] = []

    def read(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        held.append(added(inputs[0]))

    def add(module: nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        return output + held.pop()

    def forget(module: nn.Module, inputs: Any, output: Any) -> None:
        held.clear()  # else a layer that fails half way would keep its activations

    return [
        entry.register_forward_pre_hook(read),
        end.register_forward_hook(add),
        layer.register_forward_hook(forget, always_call=True),
    ]
