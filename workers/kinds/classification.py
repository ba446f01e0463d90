"""Classes of texts."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.data.labels import index_classes, order_classes, read_classes
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_rows import Split

from .work import Work


class Classification(Work):
    """One class for each text or pair; held-out rows keep the shares of the classes."""

    def find_classes(self, task: TaskSpec, table: Table) -> tuple[str, ...]:
        """The classes that occur."""
        return order_classes(read_classes(table, str(task.label)), table)

    def read_labels(self, task: TaskSpec, table: Table, classes: Sequence[str]) -> list[int]:
        """Class indices, `n`."""
        return index_classes(read_classes(table, str(task.label)), classes, table.origin)

    def strata(self, rows: Split) -> list[str]:
        """The class of each row, `n`."""
        return [f"{label:09}" for label in rows.labels]

    def score(
        self, predictions: NDArray[Any], references: NDArray[Any], classes: int | None
    ) -> dict[str, float]:
        """Accuracy, F1 and Matthews correlation."""
        from peftsearch.workers.training.metrics import accuracy, f1, matthews

        count = classes or int(max(predictions.max(), references.max())) + 1
        return {
            "accuracy": accuracy(predictions, references),
            "f1": f1(predictions, references, count),
            "matthews": matthews(predictions, references),
        }

    def tell_outputs(self, task: TaskSpec, labels: Sequence[str]) -> str:
        """The classes by index."""
        named = ", ".join(f"{i} `{name}`" for i, name in enumerate(labels))
        return f"Its outputs are the classes of `{task.label}`: {named}."


WORK = Classification()
