"""What a tracker is told: a job, its trials, and the job as a whole, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Value = float | int | str


@dataclass(frozen=True)
class Experiment:
    """The job that runs are of.

    Attributes:
        uid: 32 hexadecimal digits of no other job: another of its name has other runs.
        folder: Where a tracker may keep what has no place of its own: that of the jobs' files.
    """

    name: str
    uid: str
    folder: Path


@dataclass(frozen=True)
class Run:
    """A trial, or the job as a whole.

    Attributes:
        number: Of the trial; None of the job as a whole.
        words: What was tried, on one line; of the job what was found, as a table in Markdown.
        parameters: What was decided before it began.
        metrics: Known costs from the start, all else once it has ended.
        curve: Steps done and the mean training loss about there; empty until it has ended.
        failure: On one line; None of what has not failed.
        mark: Of what is told in this run, such as `2 completed`: of equal marks all is equal.
        started: Seconds since the epoch; None if unknown, as `ended`.
    """

    number: int | None
    name: str
    words: str
    parameters: Mapping[str, Value]
    metrics: Mapping[str, float]
    mark: str
    curve: tuple[tuple[int, float], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None
    started: float | None = None
    ended: float | None = None

    def id(self, experiment: Experiment) -> str:
        """Of no other run anywhere, and of this one whoever tells it."""
        return f"{experiment.uid[:16]}-{'job' if self.number is None else f'{self.number:06d}'}"
