"""The scores of a model on one split, whatever the model is, and how sure they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from peftsearch.records.estimates import share_error
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .balance import Balance
from .opened_job import OpenedJob

RESAMPLES = 100
OF_ROWS = ("accuracy", "exact_match")
"""Metrics that are a mean over rows, of whether each is right."""


@dataclass(frozen=True)
class Evaluation:
    """Scores of one split.

    Attributes:
        measurements: Metric name to value.
        predictions: One for each row, `n`, or outputs, `n x classes`; with `references` what
            `metrics.measure` takes for the task's quality.
        references: `n`.
        trained_loss: The loss that the job trains, on these rows, up to a constant factor; None
            where it is the measured one.
    """

    measurements: Mapping[str, float]
    predictions: NDArray[Any]
    references: NDArray[Any]
    trained_loss: float | None = None

    @property
    def loss(self) -> float:
        """What tells two states of one training apart: the loss that the job trains."""
        return self.measurements["loss"] if self.trained_loss is None else self.trained_loss


def evaluate_outputs(
    task: TaskSpec,
    logits: torch.Tensor,
    labels: torch.Tensor,
    classes: int | None = None,
    positive: int | None = None,
    balance: Balance | None = None,
) -> Evaluation:
    """What outputs before any decision are worth.

    Args:
        logits: As `inference.predict_logits` gives them, finite.
        labels: `n`.
        balance: What the training loss makes of classes; None where it treats all rows alike.
    """
    work, references = find_kind(task.kind).load_work(), labels.numpy()
    named = {} if positive is None else {"positive": positive}
    scores = dict(work.score(work.evidence(logits), references, classes, **named))
    scores["loss"] = work.mean_loss(logits, labels)
    trained = None
    if balance is not None:
        trained = float(balance.row_losses(logits.double().numpy(), references).mean())
    return Evaluation(scores, work.evidence(logits, task.quality), references, trained)


def evaluate_split(job: OpenedJob, split: str, outputs: NDArray[Any]) -> Evaluation:
    """What outputs for the rows of a split are worth.

    Args:
        outputs: Of a head: `n x classes`, of choices `n x k`, of numbers `n x 1`.
    """
    logits, labels = torch.as_tensor(outputs, dtype=torch.float64), job.encoded(split).labels
    return evaluate_outputs(job.spec.task, logits, labels, job.classes, job.positive)


def standard_error(job: OpenedJob, found: Evaluation) -> float:
    """Of the job's quality, by the rows that it was measured on: of a mean over rows by its
    formula, else by a bootstrap; of what no bootstrap can tell, a perfect score, by the rows of
    the rarest class."""
    truth = found.references
    if job.spec.task.quality in OF_ROWS:
        return share_error(float(np.mean(found.predictions == truth)), len(truth))
    return spread(job, found, bootstrap(job, [found.predictions], truth)[:, 0])


def bootstrap(
    job: OpenedJob, answers: Sequence[NDArray[Any]], truth: NDArray[Any]
) -> NDArray[np.float64]:
    """The job's quality of each of `k` models on the same samples of `n` rows.

    Args:
        answers: `k` times what `Evaluation.predictions` is.

    Returns:
        `RESAMPLES x k`.
    """
    quality, n = job.spec.task.quality, len(truth)
    work, draw = find_kind(job.spec.task.kind).load_work(), np.random.default_rng(0)
    values = []
    for _ in range(RESAMPLES):
        rows = draw.integers(n, size=n)
        drawn = truth[rows], job.classes, job.positive
        values.append([work.measure(quality, x[rows], *drawn) for x in answers])
    return np.array(values, dtype=np.float64)


def spread(job: OpenedJob, found: Evaluation, values: NDArray[np.float64]) -> float:
    """The standard error that samples of a quality tell."""
    quality, truth = job.spec.task.quality, found.references
    error, value = float(np.std(values, ddof=1)), found.measurements[quality]
    perfect = error == 0 and objective(quality).maximise and 0 <= value <= 1
    if not perfect:
        return error
    rarest = int(np.unique(truth, return_counts=True)[1].min())
    return share_error(value, rarest)  # every sample of it is alike
