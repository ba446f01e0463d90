"""Which entries of a matrix a sparse technique trains.

`peft`'s SHiRA layer holds a vector of values and where they stand; its own masks come in multiples
of a rank, so ours are written into the layer. The functions that choose are named by rows of the
table (`entries`) and get the weight, how many, and the magnitude of its gradient. Places are flat
indices into the stored weight.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from peftsearch.errors import UserError
from peftsearch.spaces.techniques.technique import Technique

from .row_functions import import_function

ADAPTER = "default"
Calibrate = Callable[[], None]
"""Runs forward and backward on training batches, so that gradients add up in the weights."""


def skip_calibration() -> None:
    """Stands for the pass over training batches where saved places follow."""


def measure_gradients(
    linears: Mapping[str, nn.Module], calibrate: Calibrate | None
) -> dict[str, torch.Tensor]:
    """Magnitude of every weight's gradient over a calibration pass, by name; what required a
    gradient and what its gradient was are put back. Nothing where the pass is skipped.

    Raises:
        UserError: There is no calibration pass, or it left a weight without a gradient.
    """
    if not linears or calibrate is skip_calibration:
        return {}
    if calibrate is None:
        raise _uncalibrated("no training batches")
    weights = {name: linear.get_parameter("weight") for name, linear in linears.items()}
    before = {name: (weight.requires_grad, weight.grad) for name, weight in weights.items()}
    try:
        for weight in weights.values():
            weight.requires_grad_(True)
            weight.grad = None
        calibrate()
        return {name: _magnitude(name, weight) for name, weight in weights.items()}
    finally:
        for name, weight in weights.items():
            weight.grad = before[name][1]
            weight.requires_grad_(before[name][0])


def _magnitude(name: str, weight: nn.Parameter) -> torch.Tensor:
    if weight.grad is None:
        raise _uncalibrated(f"no gradient at {name}")
    return weight.grad.abs()


def _uncalibrated(got: str) -> UserError:
    return UserError(
        "gradients of a pass over training batches, by which a technique chooses entries",
        got,
        "use one that chooses them by magnitude",
    )


def draw_entries(weight: torch.Tensor, count: int, gradient: torch.Tensor | None) -> torch.Tensor:
    """Flat indices of `count` random entries, by the global generator."""
    return torch.randperm(weight.numel())[:count]


def find_largest(weight: torch.Tensor, count: int, gradient: torch.Tensor | None) -> torch.Tensor:
    """Flat indices of the `count` entries of largest magnitude."""
    return weight.abs().flatten().topk(count).indices


def find_steepest(weight: torch.Tensor, count: int, gradient: torch.Tensor | None) -> torch.Tensor:
    """Flat indices of the `count` entries of largest gradient; any where the pass that measures
    it was skipped, since saved ones follow."""
    return (
        (torch.zeros_like(weight) if gradient is None else gradient).flatten().topk(count).indices
    )


def mask_layer(layer: Any, row: Technique, density: int, gradient: torch.Tensor | None) -> None:
    """Choose the entries of a SHiRA layer as its technique does, and start them at 0. Where
    gradients should choose and there are none, the layer refuses to run until `write_entries`.

    Args:
        density: Entries per mille of the weight.
        gradient: Magnitude of the weight's gradient, where the technique calibrates.

    Raises:
        UserError: The function that the row names cannot be imported.
    """
    weight = layer.get_base_layer().weight
    count = max(1, weight.numel() * density // 1000)
    choose = import_function(row, "entries")
    write_entries(layer, choose(weight.detach(), count, gradient).sort().values)
    values = torch.zeros(count, dtype=torch.float32, device=weight.device)
    layer.shira_weight[ADAPTER] = nn.Parameter(values)
    if row.calibrates and gradient is None:
        layer.refusal = layer.register_forward_pre_hook(_refuse)


def _refuse(layer: nn.Module, inputs: Any) -> None:
    raise _uncalibrated("a skipped pass, and no saved entries")


def write_entries(layer: Any, entries: torch.Tensor) -> None:
    """Let a SHiRA layer train these entries.

    Args:
        entries: Flat indices, `count`.
    """
    weight = layer.get_base_layer().weight
    places = entries.to(weight.device, torch.int64)
    columns = weight.shape[1]
    layer.shira_indices[ADAPTER] = torch.stack([places // columns, places % columns]).int()
    if hasattr(layer, "refusal"):
        layer.refusal.remove()


def read_entries(layer: Any) -> torch.Tensor:
    """Flat indices (int32, `count`) of the entries that a SHiRA layer trains."""
    rows, columns = layer.shira_indices[ADAPTER].long()
    flat: torch.Tensor = rows * layer.get_base_layer().weight.shape[1] + columns
    return flat.to(torch.int32)
