"""SpIEL: entries of a matrix that are dropped and grown while they are trained.

Ansell et al., arXiv 2401.16405, by accumulated gradients. Every `EVERY` steps gradients of the
whole matrix add up for `COLLECTED` steps; then of the trained entries those of least magnitude are
dropped, and as many grow where the sums are largest. All of them may move at the first time, later
`SHARE` of them, falling linearly to 0 at the end of the training. What grows starts at 0 with the
collected moments, so that AdamW's own correction gives the means back.
"""

from collections.abc import Mapping
from typing import Any

import torch

from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.adapters.masks import ADAPTER, open_weight, read_entries, write_entries

from .hook import Groups, Hook

EVERY = 20
COLLECTED = 5
SHARE = 0.2


class Spiel(Hook):
    """Drops and grows the entries of each matrix by itself; their number stays."""

    def __init__(self, attachment: Attachment, groups: Groups, steps: int) -> None:
        super().__init__(attachment, groups, steps)
        self.collected: dict[str, dict[str, torch.Tensor]] = {}
        self.moved: list[float] = []
        for layer in self.layers.values():
            open_weight(layer)

    def before_step(self, step: int) -> None:
        """Ask for gradients of the whole matrices, or no longer."""
        for layer in self.layers.values():
            layer.get_base_layer().weight.requires_grad_(self._collects(step))

    def after_backward(self, step: int) -> None:
        """Add up the gradients of the candidates, which the first of them chooses."""
        if not self._collects(step):
            return
        for name, layer in self.layers.items():
            weight = layer.get_base_layer().weight
            gradient = weight.grad.flatten().float()
            weight.grad = None
            if name not in self.collected:
                self.collected[name] = _candidates(gradient, len(layer.shira_weight[ADAPTER]))
            held = self.collected[name]
            found = gradient[held["places"]]
            held["sum"] += found
            held["squares"] += found**2

    def after_step(self, step: int, optimiser: torch.optim.AdamW) -> None:
        """Drop and grow, where enough was collected."""
        if step % EVERY != COLLECTED - 1 or not self.collected:
            return
        if self.steps - step <= COLLECTED:  # what entered would hardly be trained
            self.collected.clear()
            return
        share = 1.0 if step < EVERY else SHARE * (1 - step / self.steps)
        moved = [
            move_entries(layer, self.collected[name], share, optimiser)
            for name, layer in self.layers.items()
        ]
        total = sum(len(x.shira_weight[ADAPTER]) for x in self.layers.values())
        self.moved.append(round(sum(moved) / total, 4))
        self.collected.clear()

    def state(self) -> dict[str, torch.Tensor]:
        """What is collected, and the shares that moved so far."""
        found = {
            f"{key}/{name}": x.to("cpu", copy=True)
            for name, held in self.collected.items()
            for key, x in held.items()
        }
        return {**found, "moved": torch.tensor(self.moved, dtype=torch.float64)}

    def take_up(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Know what `state` gave."""
        self.moved = tensors["moved"].tolist()
        for path, tensor in tensors.items():
            key, _, name = path.partition("/")
            if name:
                device = self.layers[name].get_base_layer().weight.device
                self.collected.setdefault(name, {})[key] = tensor.to(device, copy=True)

    def told(self) -> dict[str, Any]:
        """Shares of the entries that moved, one for each time."""
        return {"moved": self.moved} if self.moved else {}

    def close(self) -> None:
        """No more gradients of the backbone."""
        for layer in self.layers.values():
            weight = layer.get_base_layer().weight
            weight.requires_grad_(False)
            weight.grad = None

    def _collects(self, step: int) -> bool:
        return step % EVERY < COLLECTED


def _candidates(gradient: torch.Tensor, count: int) -> dict[str, torch.Tensor]:
    """The entries of largest gradient, of equal ones those of lowest index, with nothing added."""
    places = gradient.abs().argsort(descending=True, stable=True)[:count]
    zeros = torch.zeros(count, dtype=torch.float32, device=gradient.device)
    return {"places": places, "sum": zeros, "squares": zeros.clone()}


@torch.no_grad()
def move_entries(
    layer: Any, held: Mapping[str, torch.Tensor], share: float, optimiser: torch.optim.AdamW
) -> int:
    """Drop the least of a SHiRA layer's entries and grow the steepest candidates in their place.

    Args:
        held: Flat indices of candidates (`places`), with the sums of their gradients (`sum`) and
            of the squares (`squares`) over `COLLECTED` steps.
        share: Of the entries that may move.

    Returns:
        How many moved.
    """
    values = layer.shira_weight[ADAPTER]
    entries = read_entries(layer).to(values.device, torch.int64)
    new = ~torch.isin(held["places"], entries)
    steep = (held["sum"].abs() * new).argsort(descending=True, stable=True)
    count = min(int(share * len(entries)), int(new.sum()))
    grown, dropped = steep[:count], values.abs().argsort(stable=True)[:count]
    means = held["sum"][grown] / COLLECTED, held["squares"][grown] / COLLECTED
    entries[dropped] = held["places"][grown]
    values[dropped] = 0.0
    moments = optimiser.state[values]
    for group, name, mean in zip((0, 1), ("exp_avg", "exp_avg_sq"), means, strict=True):
        decay = optimiser.param_groups[0]["betas"][group]
        moments[name][dropped] = mean * (1 - decay ** moments["step"].item())
    order = entries.argsort()
    write_entries(layer, entries[order])
    for tensor in (values, moments["exp_avg"], moments["exp_avg_sq"]):
        tensor.copy_(tensor[order])
    return count
