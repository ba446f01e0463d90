"""Classes of unequal size, as linear models see them in their loss."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Balance:
    """What the loss of a job's training makes of its classes.

    Attributes:
        weights: How much a row of each class counts, `c`; of mean 1 over the training rows, so
            that a penalty means what it does without weights.
        shift: What the loss alone adds to the outputs, `c`.
    """

    weights: Floats
    shift: Floats

    @classmethod
    def of(cls, weights: Any, shift: Any, labels: NDArray[Any]) -> Self:
        """With the weights brought to their mean over rows of these class indices, `n`."""
        weights = np.asarray(weights, dtype=float)
        return cls(weights / weights[labels].mean(), np.asarray(shift, dtype=float))

    def row_losses(self, outputs: Floats, labels: NDArray[Any]) -> Floats:
        """`n`: the negative log-likelihood of each label as training weighs it.

        Args:
            outputs: Before the shift, `n x c`.
        """
        shifted = log_softmax(outputs + self.shift, axis=1)[np.arange(len(labels)), labels]
        return np.asarray(-shifted * self.weights[labels])

    def as_weights(self, labels: NDArray[Any]) -> Self:
        """Weights alone with the same best answer, for models without a bias to hold a shift."""
        return self.of(self.weights * np.exp(-self.shift), np.zeros_like(self.shift), labels)
