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


def mask_layers(
    layers: Mapping[str, Any], row: Technique, density: int, gradients: Mapping[str, torch.Tensor]
) -> None:
    """Choose the entries of SHiRA layers as their technique does, in each matrix, or in all of
    them together where the row is pooled, and start them at 0. Where gradients should choose and
    there are none, the layers refuse to run until `write_entries`.

    Args:
        layers: Of one module, by name.
        density: Entries per mille of each weight.
        gradients: Magnitudes of the weights' gradients, where the technique calibrates.

    Raises:
        UserError: The function that the row names cannot be imported.
    """
    choose = import_function(row, "entries")
    weights = {name: layer.get_base_layer().weight.detach() for name, layer in layers.items()}
    counts = {name: count_entries(weight, density) for name, weight in weights.items()}
    if row.pooled:
        flat = torch.cat([x.flatten() for x in weights.values()])
        steep = torch.cat([gradients[x].flatten() for x in weights]) if gradients else None
        found = choose(flat, sum(counts.values()), steep)
        chosen = split_entries(found, weights)
    else:
        chosen = {k: choose(x, counts[k], gradients.get(k)) for k, x in weights.items()}
    for name, layer in layers.items():
        place_entries(layer, chosen[name].sort().values)
        if row.calibrates and name not in gradients:
            layer.refusal = layer.register_forward_pre_hook(_refuse)


def count_entries(weight: torch.Tensor, density: int) -> int:
    """So many per mille of a matrix, at least one."""
    return max(1, weight.numel() * density // 1000)


def split_entries(
    chosen: torch.Tensor, weights: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Flat indices into each matrix, of those into all of them one after another."""
    found, start = {}, 0
    for name, weight in weights.items():
        stop = start + weight.numel()
        found[name] = chosen[(chosen >= start) & (chosen < stop)] - start
        start = stop
    return found


def open_weight(layer: Any) -> None:
    """Let gradients reach the weight that a SHiRA layer wraps, whenever it asks for them; `peft`
    reads it without."""
    layer.get_base_weight = lambda: layer.get_base_layer().weight


def place_entries(layer: Any, entries: torch.Tensor) -> None:
    """Let a SHiRA layer train these entries, which start at 0; a parameter that it has stays the
    same object."""
    write_entries(layer, entries)
    device = layer.get_base_layer().weight.device
    values = torch.zeros(len(entries), dtype=torch.float32, device=device)
    if layer.shira_weight[ADAPTER].dtype == torch.float32:
        layer.shira_weight[ADAPTER].data = values
    else:
        layer.shira_weight[ADAPTER] = nn.Parameter(values)


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
