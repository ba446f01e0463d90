"""Numbers for texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.workers.data.labels import check_spread, check_varied, read_numbers
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.training.judged import Metrics

from .work import Work

if TYPE_CHECKING:
    import torch

    from peftsearch.workers.batches.encodings import Encoded
    from peftsearch.workers.training.label_scale import LabelScale


class Regression(Work):
    """One number for each text or pair, by the mean squared error."""

    def read_labels(self, task: TaskSpec, table: Table, classes: Sequence[str]) -> list[float]:
        """Numbers as they stand in the source, `n`."""
        labels = read_numbers(table, str(task.label))
        check_varied(labels, table)
        return labels

    def check_rows(self, task: TaskSpec, rows: Split) -> None:
        """Refuse labels that a head in float32 cannot tell apart."""
        check_spread([float(x) for x in rows.labels], task.train)

    def labels(self, split: Split) -> torch.Tensor:
        """Numbers (float64), `n`."""
        import torch

        return torch.as_tensor(split.labels, dtype=torch.float64)

    def label_scale(self, split: Split) -> LabelScale | None:
        """Mean and deviation of the training labels."""
        from peftsearch.workers.training.label_scale import LabelScale

        return LabelScale.fit([float(x) for x in split.labels])

    def training_rows(
        self,
        rows: Encoded,
        split: Split,
        classes: Sequence[str],
        training: TrainingSpec,
        scale: LabelScale | None,
    ) -> Encoded:
        """With labels of mean 0 and deviation 1."""
        from peftsearch.workers.batches.training_rows import TrainingRows

        if scale is None:
            return rows
        return TrainingRows(rows, scale.standardise([float(x) for x in split.labels]))

    def constant_loss(self, labels: torch.Tensor) -> float | None:
        """That of the mean: the labels' variance."""
        return float(labels.var(correction=0))

    def decide(self, logits: torch.Tensor) -> NDArray[Any]:
        """The one output, `n`."""
        return np.asarray(logits[:, 0].double())

    def mean_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> float:
        """Mean squared error."""
        import torch

        return float(torch.nn.functional.mse_loss(logits[:, 0].double(), labels.double()))

    @property
    def metrics(self) -> Metrics:
        """Correlations, and errors in the labels' units."""
        from peftsearch.workers.training.number_metrics import NUMBER_METRICS

        return NUMBER_METRICS

    def tell_outputs(self, task: TaskSpec, labels: Sequence[str]) -> str:
        """The label's name."""
        return f"Its one output is `{task.label}`."


WORK = Regression()
