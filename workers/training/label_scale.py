"""The units of a regression's labels: left for training, and given back by the saved head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import nn


@dataclass(frozen=True)
class LabelScale:
    """From labels to numbers of mean 0 and deviation 1, which a head of small weights reaches in
    the steps of a trial wherever the labels lie; and back.

    While a trial trains, its head answers in these units. `fold` is called once, on what is kept.

    Attributes:
        mean: Of the training labels; 0 where the head has no bias to take it up.
        deviation: Of the training labels; 1 where they are all equal.
    """

    mean: float
    deviation: float

    @classmethod
    def fit(cls, labels: Sequence[float]) -> Self:
        """That of `n` training labels."""
        values = np.asarray(labels, dtype=np.float64)
        return cls(float(values.mean()), float(values.std()) or 1.0)

    @property
    def uncentred(self) -> Self:
        """For a head whose last linear has no bias that could take up the mean."""
        return replace(self, mean=0.0)

    def standardise(self, labels: Sequence[float]) -> torch.Tensor:
        """Labels without their units (float32), `n`."""
        values = (np.asarray(labels, dtype=np.float64) - self.mean) / self.deviation
        return torch.as_tensor(values, dtype=torch.float32)

    def restore(self, outputs: torch.Tensor) -> torch.Tensor:
        """Outputs in the labels' units (float64), of any shape."""
        return outputs.double() * self.deviation + self.mean

    def unfold(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """A linear's weight and bias that answer in the labels' units, for answers without."""
        shift = {name: self.mean if name.endswith("bias") else 0.0 for name in tensors}
        return {name: (x - shift[name]) / self.deviation for name, x in tensors.items()}

    def fold(self, linear: nn.Linear) -> None:
        """Let the head's last linear answer in the labels' units from now on."""
        linear.weight.data.mul_(self.deviation)
        if linear.bias is not None:
            linear.bias.data.mul_(self.deviation).add_(self.mean)
