"""LT-SFT: train whole matrices, keep the entries that moved most, train those alone from anew.

Ansell et al., arXiv 2110.07560. The first half of the steps trains the matrices; then they are as
they were, and the second half trains the entries. The entries of all linears of one module are
chosen together. What else is trained, the head too, goes on from where it stands.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from peftsearch.workers.adapters.masks import (
    ADAPTER,
    find_largest,
    open_weight,
    place_entries,
    split_entries,
)

from .hook import Hook

FIRST = 0.5
"""Share of the steps in which whole matrices are trained."""


class Lottery(Hook):
    """Two phases: of matrices, and of their entries."""

    @property
    def starts(self) -> tuple[int, ...]:
        """Where the entries' own phase begins; a training of one step has no other."""
        first = round(FIRST * self.steps)
        return (first,) if first else ()

    @property
    def settled(self) -> int:
        """Once the entries are trained."""
        return sum(self.starts) + 1

    def enter(self, phase: int) -> None:
        """Train the matrices, or choose among their entries and train these."""
        if phase == 0 and self.starts:
            self._lend()
        elif phase == 1:
            self._take_back()

    def told(self) -> dict[str, Any]:
        """Of each linear how many of its entries are trained."""
        return {"entries": {name: len(x.shira_weight[ADAPTER]) for name, x in self.layers.items()}}

    def _lend(self) -> None:
        for layer in self.layers.values():
            open_weight(layer)
        rates = {group[2] for group in self.groups}
        self._values = {
            rate: self.attachment.lend((self._name, rate), self._weights(rate)) for rate in rates
        }

    def _take_back(self) -> None:
        moved = {group: self._moved(layers) for group, layers in self.groups.items()}
        for rate, values in self._values.items():
            self.attachment.take_back((self._name, rate), values)
        for group, chosen in moved.items():
            for name, layer in self.groups[group].items():
                place_entries(layer, chosen[name])

    @property
    def _name(self) -> str:
        return next(iter(self.groups))[0]

    def _weights(self, rate: float) -> dict[str, nn.Parameter]:
        return {
            f"{name}.weight": layer.get_base_layer().weight
            for group, layers in self.groups.items()
            if group[2] == rate
            for name, layer in layers.items()
        }

    @torch.no_grad()
    def _moved(self, layers: Mapping[str, Any]) -> dict[str, torch.Tensor]:
        """The flat indices of the entries that moved most, of all these layers together."""
        saved = self.attachment.snapshot.saved
        weights = {name: layer.get_base_layer().weight for name, layer in layers.items()}
        changes = [(x - saved[x]).flatten() for x in weights.values()]
        count = sum(len(layer.shira_weight[ADAPTER]) for layer in layers.values())
        chosen = find_largest(torch.cat(changes), count, None).sort().values
        return split_entries(chosen, weights)
