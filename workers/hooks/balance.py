"""The load balance of experts (Switch; Fedus et al., arXiv 2101.03961)."""

import torch

from .hook import Hook

WEIGHT = 1e-3
"""Of the balance beside the loss, as in MoLA's code."""


class Balance(Hook):
    """Adds up how unevenly each linear's router chose in the last forward pass."""

    undivided = "how evenly experts are used is a product of means over all rows of a step"

    def penalty(self) -> torch.Tensor | None:
        """A scalar: 1 for each linear whose experts are used alike, times the weight."""
        each = [x.take_balance() for x in self.layers.values()]
        found = [x for x in each if x is not None]
        return WEIGHT * torch.stack(found).sum() if found else None

    def close(self) -> None:
        """Keep no pass alive."""
        self.penalty()
