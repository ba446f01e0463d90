"""What is kept of each report that a service makes."""

from dataclasses import dataclass
from pathlib import Path

from .run_records import Run, RunFolders, RunRecord

PAGE = "report.html"


@dataclass(frozen=True, kw_only=True)
class ReportRun(Run):
    """One report, as anybody may see it.

    Attributes:
        pick: The configuration that it is on, as it was asked for.
        event: Of the job when it was asked for: so many of its trials had ended.
        step: What is being done, in words.
    """

    pick: str
    event: int
    step: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReportRecord(ReportRun, RunRecord):
    """The same with what its service alone needs to know.

    Attributes:
        mark: Of the records that it is made of (`report.reading.mark_records`).
    """

    mark: str


def report_folders(root: Path) -> RunFolders[ReportRecord]:
    """Those below the folder of the jobs' files."""
    return RunFolders(root, ReportRecord, "reports", "a report")
