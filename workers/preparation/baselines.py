"""Models of a job without an adapter: each can be scored on any split, now or later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from peftsearch.records.preparation import Floor

from .evaluation import Evaluation, standard_error
from .opened_job import OpenedJob

OnBatch = Callable[[], None]
Score = Callable[[str, OnBatch], Evaluation | None]
"""From the name of a split, `validation` or `test`, to the scores there; None where outputs are
not finite. It tells the second argument of each batch."""


@dataclass(frozen=True)
class Baseline:
    """A model that the training rows of its job alone have made: fitted or chosen.

    Attributes:
        name: Unique among those of a job.
        label: For people, as a noun within a sentence.
        details: What it takes to make it again, as plain data.
        note: For people: how it was chosen; empty where there was no choice.
    """

    name: str
    label: str
    score: Score
    details: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def measure_floor(
    job: OpenedJob, baseline: Baseline, on_batch: OnBatch
) -> tuple[Floor, Evaluation] | None:
    """The floor that a baseline is: its scores on the validation rows, and what it answers there;
    None where it has none."""
    found = baseline.score("validation", on_batch)
    if found is None:
        return None
    error, details = standard_error(job, found), dict(baseline.details)
    return Floor(baseline.name, baseline.label, found.measurements, error, details), found
