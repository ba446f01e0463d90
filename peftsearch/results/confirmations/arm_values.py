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
    """

    metric: str
    kind: str
    classes: int
    positive: int | None = None

    @classmethod
    def of(cls, job: OpenedJob, metric: str) -> "Judge":
        """Of a job that is open."""
        return cls(metric, job.spec.task.kind, len(job.data.label_names), job.positive)

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
        """One arm's metric with its interval; that of a share ends at 0 and 1."""
        found = compare_values(values, counted=self.counted).interval(level)
        if not self.counted:
            return found
        return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))

    def compare(self, left: Values, right: Values) -> Components:
        """One arm's metric minus another's."""
        return compare_values(left, right, self.counted)
