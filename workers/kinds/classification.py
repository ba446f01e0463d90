"""Classes of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.workers.data.label_folding import find_class
from peftsearch.workers.data.labels import index_classes, name_some, order_classes, read_classes
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.training.judged import Judged, Metrics

from .work import Work

if TYPE_CHECKING:
    import torch

    from peftsearch.workers.batches.batching import Batch
    from peftsearch.workers.batches.encodings import Encoded
    from peftsearch.workers.preparation.balance import Balance
    from peftsearch.workers.training.label_scale import LabelScale

LARGEST_SHARE = 0.6
"""Of one class in the training rows, up to which accuracy is the default quality
(decision 0049)."""


class Classification(Work):
    """One class for each text or pair; held-out rows keep the shares of the classes."""

    def find_classes(self, task: TaskSpec, table: Table) -> tuple[str, ...]:
        """The classes that occur."""
        classes = order_classes(read_classes(table, str(task.label)), table)
        if task.positive is not None and find_class(task.positive, classes) is None:
            raise UserError(
                f"a class of {table.origin} as the positive one, among {name_some(classes)}",
                repr(task.positive),
                "correct task.positive",
                where="task.positive",
            )
        return classes

    def read_labels(self, task: TaskSpec, table: Table, classes: Sequence[str]) -> list[int]:
        """Class indices, `n`."""
        return index_classes(read_classes(table, str(task.label)), classes, table.origin)

    def strata(self, rows: Split) -> list[str]:
        """The class of each row, `n`."""
        return [f"{label:09}" for label in rows.labels]

    def choose_metric(self, rows: Split, classes: Sequence[str]) -> tuple[str, str]:
        """Accuracy, or macro F1 where one class has so many rows that to guess it always would
        look good."""
        labels: Any = rows.labels
        (largest, count), *_ = Counter(labels).most_common(1)
        share = f"{classes[largest]!r} has {count / len(labels):.0%} of the training rows"
        if count > LARGEST_SHARE * len(labels):
            return "f1_macro", f"since {share}, more than {LARGEST_SHARE:.0%}"
        return "accuracy", f"since {share}, and none has more than {LARGEST_SHARE:.0%}"

    def check_training(self, training: TrainingSpec, classes: Sequence[str]) -> None:
        """Weights are of classes that there are."""
        weights = training.class_weights
        unknown = [] if isinstance(weights, str) else sorted(set(weights) - set(classes))
        if unknown:
            raise UserError(
                f"weights of classes among {name_some(classes)}",
                repr(unknown[0]),
                "correct training.class_weights",
                where="training.class_weights",
            )

    def training_rows(
        self,
        rows: Encoded,
        split: Split,
        classes: Sequence[str],
        training: TrainingSpec,
        scale: LabelScale | None,
    ) -> Encoded:
        """With the weights of the classes and the shift of their outputs, where there are any."""
        from peftsearch.workers.batches.training_rows import TrainingRows
        from peftsearch.workers.training.class_balance import balance, weigh_rows

        constants = balance(training, [int(x) for x in split.labels], classes)
        if not constants:
            return rows
        return TrainingRows(rows, rows.labels, constants, weigh_rows(constants, rows.labels))

    def class_balance(
        self, split: Split, classes: Sequence[str], training: TrainingSpec
    ) -> Balance | None:
        """The weights of the classes and the shift of their outputs."""
        from peftsearch.workers.training.class_balance import find_balance

        return find_balance(training, [int(x) for x in split.labels], classes)

    def training_loss(self, model: Any, batch: Batch) -> torch.Tensor:
        """The model's own, or cross-entropy with the constants that the batch brings along."""
        from peftsearch.workers.training.class_balance import balanced_loss

        loss = balanced_loss(model, batch)
        return super().training_loss(model, batch) if loss is None else loss

    @property
    def metrics(self) -> Metrics:
        """Of what is chosen, and of how sure the model is."""
        from peftsearch.workers.training.class_metrics import CLASS_METRICS

        return CLASS_METRICS

    def judge(
        self,
        predictions: NDArray[Any],
        references: NDArray[Any],
        classes: int | None,
        positive: int | None = None,
    ) -> Judged:
        """With the number of classes."""
        if predictions.ndim == 1:
            classes = classes or int(max(predictions.max(), references.max())) + 1
        return super().judge(predictions, references, classes, positive)

    def tell_outputs(self, task: TaskSpec, labels: Sequence[str]) -> str:
        """The classes by index."""
        named = ", ".join(f"{i} `{name}`" for i, name in enumerate(labels))
        return f"Its outputs are the classes of `{task.label}`: {named}."


WORK = Classification()
