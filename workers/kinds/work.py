"""The work of a kind of task, from the rows of a table to scores and to the words of a card.

Modules of this room import what needs torch where it is used, so that data can be checked without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peftsearch.records.preparation import Floor
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_rows import Split, read_texts
from peftsearch.workers.training.judged import Judged, Metrics

from .programs import Reading, score_texts

if TYPE_CHECKING:
    import torch

    from peftsearch.workers.batches.batching import Batch
    from peftsearch.workers.batches.encodings import Encoded
    from peftsearch.workers.preparation.balance import Balance
    from peftsearch.workers.preparation.baselines import Baseline
    from peftsearch.workers.preparation.opened_job import OpenedJob
    from peftsearch.workers.training.label_scale import LabelScale


class Work:
    """What there is to do for a task with one label for each text or pair of texts.

    A kind overrides what differs. Nothing is kept between calls.

    Attributes:
        generated: The metric that only generation can measure; None where there is none.
        cut: What a cut to `max_length` tokens takes, for notes.
    """

    generated: str | None = None
    cut: str = "their texts lose their end"

    def find_classes(self, task: TaskSpec, table: Table) -> tuple[str, ...]:
        """Class names of the training source, in the order of their indices.

        Raises:
            UserError: The labels are missing, or are no classes.
        """
        return ()

    def read(self, task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
        """All rows of a table.

        Args:
            classes: What `find_classes` gave.

        Raises:
            UserError: A value is missing or is not what its column should hold.
        """
        texts = read_texts(table, task.text_columns)
        return Split(texts, self.read_labels(task, table, classes))

    def read_labels(self, task: TaskSpec, table: Table, classes: Sequence[str]) -> Any:
        """The label of each of `n` rows: indices, or numbers.

        Raises:
            UserError: One is missing or is not what it should be.
        """
        raise NotImplementedError

    def strata(self, rows: Split) -> list[str]:
        """What held-out rows are stratified by, `n`: one stratum for all."""
        return [""] * len(rows.labels)

    def check_rows(self, task: TaskSpec, rows: Split) -> None:
        """Refuse training rows whose labels no model can answer.

        Raises:
            UserError: They are such.
        """

    def sides(self, task: TaskSpec, text: Sequence[str]) -> Sequence[str]:
        """Which parts of a row tell on another row that has them too: both texts of a pair."""
        return text if len(text) == len(task.text_columns) == 2 else ()

    def name_row(self, task: TaskSpec) -> tuple[str, str]:
        """What messages call a row and its label."""
        return "text", "label"

    def encode(self, task: TaskSpec, processor: Any, split: Split) -> Encoded:
        """All rows of a split as a model takes them.

        Args:
            processor: The model's tokenizer; of images its image processor.
        """
        from peftsearch.workers.batches.encoding import encode_texts

        columns = list(zip(*split.texts, strict=True))
        return encode_texts(processor, columns, self.labels(split), task.tokens)

    def labels(self, split: Split) -> torch.Tensor:
        """The labels as a tensor, `n`: indices (int64)."""
        import torch

        return torch.as_tensor(split.labels, dtype=torch.int64)

    def label_scale(self, split: Split) -> LabelScale | None:
        """How the labels of the training rows lose their units; None where they have none."""
        return None

    def check_training(self, training: TrainingSpec, classes: Sequence[str]) -> None:
        """Refuse what the training section says of classes that there are not.

        Raises:
            UserError: It names one.
        """

    def training_rows(
        self,
        rows: Encoded,
        split: Split,
        classes: Sequence[str],
        training: TrainingSpec,
        scale: LabelScale | None,
    ) -> Encoded:
        """The training rows as the loss takes them.

        Args:
            rows: What `encode` gave for the split.
            scale: What `label_scale` gave; None also where the job leaves labels as they are.
        """
        return rows

    def class_balance(
        self, split: Split, classes: Sequence[str], training: TrainingSpec
    ) -> Balance | None:
        """What the training loss makes of classes, for models that are fitted otherwise; None
        where it treats all rows alike."""
        return None

    def training_loss(self, model: Any, batch: Batch) -> torch.Tensor:
        """Loss of a batch, a scalar with its graph: the one that the model has for its labels."""
        loss: torch.Tensor = model(**batch).loss
        return loss

    def constant_loss(self, labels: torch.Tensor) -> float | None:
        """Mean training loss of an answer that is the same for all rows: all classes or choices
        alike, which no best constant answer exceeds, however the loss weighs or shifts classes.
        None where no such answer is known.

        Args:
            labels: Those of the training rows, as the loss takes them, `n`.
        """
        return math.log(max(2, int(labels.max()) + 1))

    def decide(self, logits: torch.Tensor) -> NDArray[Any]:
        """Predictions, `n`, from `n` outputs."""
        return logits.argmax(dim=1).numpy()

    def mean_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> float:
        """Mean loss of `n` outputs: cross-entropy."""
        import torch

        return float(torch.nn.functional.cross_entropy(logits, labels))

    def choose_metric(self, rows: Split, classes: Sequence[str]) -> tuple[str, str] | None:
        """The quality that suits the training rows, and why; None for the kind's first."""
        return None

    @property
    def metrics(self) -> Metrics:
        """The qualities of the kind's row, in its order; none where `score` computes them."""
        return {}

    def evidence(self, logits: torch.Tensor, metric: str | None = None) -> NDArray[Any]:
        """What is kept of `n` outputs to tell a metric from: predictions, `n`, or the outputs
        themselves, `n x classes`, where it asks how sure the model is.

        Args:
            metric: None for all metrics.
        """
        asked = self.metrics if metric is None else {metric: self.metrics.get(metric)}
        graded = any(row is not None and row.graded for row in asked.values())
        if graded and type(self).score is Work.score:
            return np.asarray(logits.double())
        return self.decide(logits)

    def judge(
        self,
        predictions: NDArray[Any],
        references: NDArray[Any],
        classes: int | None,
        positive: int | None = None,
    ) -> Judged:
        """What the metrics are computed from; arguments as of `score`."""
        if predictions.ndim == 1:
            return Judged(predictions, references, None, classes or 0, positive)
        chosen, count = predictions.argmax(axis=1), predictions.shape[1]
        return Judged(chosen, references, predictions, count, positive)

    def score(
        self,
        predictions: NDArray[Any],
        references: NDArray[Any],
        classes: int | None,
        positive: int | None = None,
    ) -> dict[str, float]:
        """Every quality of the kind that the predictions tell, in the order of its row.

        Args:
            predictions: What `evidence` gave, `n` or `n x classes`.
            references: The labels, `n`.
            classes: Number of classes; None where there are none, or that is not known.
            positive: Index of the class that the task names as the positive one.
        """
        judged = self.judge(predictions, references, classes, positive)
        told = {
            name: x for name, x in self.metrics.items() if predictions.ndim == 2 or not x.graded
        }
        return {name: row.compute(judged) for name, row in told.items()}

    def measure(
        self,
        metric: str,
        predictions: NDArray[Any],
        references: NDArray[Any],
        classes: int | None,
        positive: int | None = None,
    ) -> float:
        """One quality; arguments as of `score`. A bootstrap calls it thousands of times."""
        if type(self).score is Work.score:
            judged = self.judge(predictions, references, classes, positive)
            return self.metrics[metric].compute(judged)
        return self.score(predictions, references, classes)[metric]

    def baselines(self, job: OpenedJob, on_batch: Callable[[], None]) -> Sequence[Baseline]:
        """Models without an adapter that are floors of a job beside the linear ones, made from its
        training rows alone: none.

        Args:
            job: With the model as it was loaded.
            on_batch: To be called now and then, so that the work is seen to go on.
        """
        return ()

    def count_baselines(self, job: OpenedJob) -> int:
        """How often `baselines`, and the scoring of what they give, call `on_batch`: at most."""
        return 0

    def foresee_baselines(self, task: TaskSpec) -> Sequence[str]:
        """What `baselines` will be, as nouns within a sentence, before there is a model."""
        return ()

    def foresee_reading(self, task: TaskSpec, rows: int, tokens: float) -> tuple[float, float]:
        """What `baselines` make the frozen model do: how many rows it reads, each as long as the
        mean of the training rows, and how many responses it writes.

        Args:
            rows: Of the validation split.
            tokens: Of a training row, the mean.
        """
        return 0.0, 0.0

    def baseline(self, job: OpenedJob, floor: Floor) -> Baseline | None:
        """The baseline that was measured as a floor, to be scored on other rows; None where it
        cannot be made again."""
        made = self.baselines(job, lambda: None)
        return next((x for x in made if x.name == floor.name), None)

    def tell_outputs(self, task: TaskSpec, labels: Sequence[str]) -> str:
        """A sentence for an export's card: what the model's outputs mean.

        Args:
            labels: Class names; empty for kinds without.
        """
        raise NotImplementedError

    def tell_inputs(self, task: TaskSpec) -> str:
        """A sentence for an export's card: how inputs are prepared."""
        return f"Texts are cut to {task.tokens} tokens."

    def program(self, task: TaskSpec, cached: bool = True) -> str:
        """Python for an export's card, behind what loads `model` (`programs`): makes of a row the
        inputs that training had, and asks the model. Empty where a kind has none.

        Args:
            cached: Whether a model that generates may keep keys and values between tokens.
        """
        return score_texts(task.text_columns, task.tokens)

    def reading_program(self, task: TaskSpec, reading: Reading) -> str:
        """As `program`, of an adapter whose prompts an encoder makes from each text."""
        return score_texts(task.text_columns, task.tokens, reading)
