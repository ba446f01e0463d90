"""Which entries of a matrix a sparse technique trains.

`peft`'s SHiRA layer holds a vector of values and where they stand; its own masks come in multiples
of a rank, so ours are written into the layer. Places are flat indices into the stored weight.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from peftsearch.errors import UserError

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
        "gradients of a pass over training batches for sparse_gradient",
        got,
        "use sparse_magnitude instead",
    )


def choose_entries(
    technique: str, weight: torch.Tensor, count: int, gradient: torch.Tensor | None
) -> torch.Tensor:
    """Ascending flat indices (int32, `count`); random ones from the global generator."""
    if technique == "sparse_random":
        chosen = torch.randperm(weight.numel())[:count]
    else:
        scores = weight.abs() if gradient is None else gradient
        chosen = scores.flatten().topk(count).indices
    return chosen.sort().values.to(torch.int32)


def mask_layer(layer: Any, technique: str, count: int, gradient: torch.Tensor | None) -> None:
    """Choose the entries of a SHiRA layer, and start them at 0. Where gradients should choose and
    there are none, the layer refuses to run until `write_entries`."""
    weight = layer.get_base_layer().weight
    write_entries(layer, choose_entries(technique, weight.detach(), count, gradient))
    values = torch.zeros(count, dtype=torch.float32, device=weight.device)
    layer.shira_weight[ADAPTER] = nn.Parameter(values)
    if technique == "sparse_gradient" and gradient is None:
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
