"""The training rows of a job with what its loss wants beside a model's inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import torch

from .batching import Batch
from .encodings import Encoded


@dataclass(frozen=True)
class TrainingRows:
    """`n` examples with labels, and constants of the loss, that only training sees.

    Attributes:
        rows: The examples as they are.
        labels: In place of theirs, `n`.
        constants: Tensors by name that every batch brings along; the kind's loss takes them out.
        weights: How much each example counts in the mean of a batch, `n`; None where alike.
    """

    rows: Encoded
    labels: torch.Tensor
    constants: Mapping[str, torch.Tensor] = field(default_factory=dict)
    weights: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> list[int]:
        """Those of the rows, `n`."""
        return self.rows.lengths

    @property
    def cut(self) -> int:
        """That of the rows."""
        return self.rows.cut

    @property
    def largest_token(self) -> int:
        """That of the rows."""
        return self.rows.largest_token

    @property
    def evaluated_together(self) -> int:
        """That of the rows."""
        return self.rows.evaluated_together

    def head(self, n: int) -> Self:
        """The first `n` examples."""
        return replace(
            self,
            rows=self.rows.head(n),
            labels=self.labels[:n],
            weights=None if self.weights is None else self.weights[:n],
        )

    def batch(self, indices: Sequence[int]) -> Batch:
        """The rows' batch with these labels, `b`, and the constants."""
        labels = self.labels[torch.as_tensor(indices)]
        return self.rows.batch(indices) | {"labels": labels} | dict(self.constants)

    def outputs(self, model: Any, batch: Batch) -> torch.Tensor:
        """Those of the rows."""
        inputs = {name: x for name, x in batch.items() if name not in self.constants}
        return self.rows.outputs(model, inputs)

    def weight(self, indices: Sequence[int]) -> float:
        """That of the rows, or the sum of their own."""
        if self.weights is None:
            return self.rows.weight(indices)
        return float(self.weights[torch.as_tensor(indices)].sum())

    @property
    def choices(self) -> int:
        """Those of the rows."""
        return self.rows.choices

    def sides(self, config: Mapping[str, Any]) -> list[tuple[int, ...]]:
        """Those of the rows, `n`."""
        return self.rows.sides(config)
