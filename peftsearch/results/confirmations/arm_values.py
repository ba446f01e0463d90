"""An arm of a confirmation as values of rows by seeds, whatever the metric."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peftsearch.results.comparisons.differences import Components, Difference
from peftsearch.results.comparisons.intervals import Values, compare_values
from peftsearch.results.comparisons.row_values import hits, pseudo_values
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.training.metrics import measure

from .confirmation import Arm


@dataclass(frozen=True)
class Judge:
    """Computes one metric of arms, and what differences are worth.

    Attributes:
        classes: How many; 0 of kinds without.
        positive: Index of the class that the task names; None where it names none.
        step: What one row more or less is worth at most; 0 where rows are counted, and of errors.
    """

    metric: str
    kind: str
    classes: int
    positive: int | None = None
    step: float = 0.0

    @classmethod
    def of(cls, job: OpenedJob, metric: str) -> "Judge":
        """Of a job that is open."""
        return cls(metric, job.spec.task.kind, len(job.data.label_names), job.positive)

    def on(self, answers: NDArray[Any], references: NDArray[Any]) -> "Judge":
        """The same for these rows, which has to know what one of them is worth: where a model
        answers all of them alike, they vary by nothing.

        Args:
            answers: Of any seed, `n` or `n x classes`.
            references: The `n` labels.
        """
        if self.counted or objective(self.metric).graded or not self.classes:
            return self
        truth = np.asarray(references).astype(np.int64)
        present = np.unique(truth)
        right = np.eye(self.classes)[truth] if np.ndim(answers) == 2 else truth
        whole = self.score(right, truth)
        steps = [0.0]
        for own, other in zip(present, np.roll(present, 1), strict=True):
            wrong, row = right.copy(), int(np.argmax(truth == own))
            wrong[row] = right[int(np.argmax(truth == other))]
            steps.append(abs(whole - self.score(wrong, truth)))
        return replace(self, step=max(steps))

    def on_arm(self, arm: Arm) -> "Judge":
        """The same for the rows that an arm has answered."""
        run = arm.runs[0]
        return self.on(np.asarray(run.predictions), np.asarray(run.references))

    @property
    def counted(self) -> bool:
        """Whether the metric is the share of rows that are right."""
        return objective(self.metric).share

    def values(self, arm: Arm) -> Values:
        """Of each run of the arm (`row_values`)."""
        answers = [np.asarray(run.predictions) for run in arm.runs]
        return self.layout(answers, np.asarray(arm.runs[0].references))

    def layout(self, answers: Sequence[NDArray[Any]], references: NDArray[Any]) -> Values:
        """Rows by seeds.

        Args:
            answers: Of each seed, `n` or `n x classes`.
            references: `n`.
        """
        if self.counted:
            return hits(answers, references)
        return pseudo_values(answers, references, self.score)

    def score(self, predictions: Any, references: Any) -> float:
        """The metric of some rows."""
        label = find_kind(self.kind).label
        exact = predictions if predictions.ndim == 2 else predictions.astype(label)
        truth = references.astype(label)
        return measure(self.metric, self.kind, exact, truth, self.classes, self.positive)

    def interval(self, values: Values, level: float) -> Difference:
        """One arm's metric with its interval, which ends where the metric does."""
        found = compare_values(values, None, self.counted, self.step).interval(level)
        least, most = objective(self.metric).ends
        return replace(found, low=max(least, found.low), high=min(most, found.high))

    def compare(self, left: Values, right: Values) -> Components:
        """One arm's metric minus another's."""
        return compare_values(left, right, self.counted, self.step)
