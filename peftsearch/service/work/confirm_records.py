"""What is kept of each confirmation that a service runs."""

from dataclasses import dataclass
from pathlib import Path

from .run_records import Run, RunFolders, RunRecord


@dataclass(frozen=True, kw_only=True)
class ConfirmRun(Run):
    """One confirmation, as anybody may see it. What it found is among the job's reports.

    Attributes:
        pick: What was asked for; null for the whole front.
        words: The configuration, or how many the front had.
        seeds: Of each that is trained; with a width the most. Null for the usual number.
        width: That the interval is to have.
        by: Column by which the test rows are grouped.
        sweep: Whether the best of the LoRA sweep is compared with, too.
        reading: Number of the reading of the test split.
        level: Chance with which its intervals hold; null before it is done.
        step: What it does, in words.
        done: Trainings that are made or kept.
        total: Trainings that are foreseen.
        sentence: How it ended; null before it is done.
    """

    pick: str | None
    words: str
    seeds: int | None
    width: float | None
    by: str | None
    sweep: bool = False
    reading: int
    level: float | None = None
    step: str | None = None
    done: int | None = None
    total: int | None = None
    sentence: str | None = None


@dataclass(frozen=True, kw_only=True)
class ConfirmRecord(ConfirmRun, RunRecord):
    """The same with what its service alone needs to know.

    Attributes:
        device: That it trains on.
    """

    device: str


def confirm_folders(root: Path) -> RunFolders[ConfirmRecord]:
    """Those below the folder of the jobs' files."""
    return RunFolders(root, ConfirmRecord, "confirmations", "a confirmation")
