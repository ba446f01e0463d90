"""What is kept of each export: one folder with its adapter, its archive and its `status.json`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from peftsearch.results.calibrations.wishes import Wish
from peftsearch.spaces.configurations.forms import AskedForm

from .run_records import Run, RunFolders, RunRecord

ADAPTER = "adapter"
ARCHIVE = "archive.zip"


@dataclass(frozen=True, kw_only=True)
class Export(Run):
    """One export, as anybody may see it.

    Attributes:
        pick: What was asked for; it meant `trial` then.
        form: What was asked for, and once known what was written.
        rows: Validation rows on which the reloaded export was compared with the trial.
        difference: Largest absolute difference of an output among them.
        bytes: Size of the archive.
        file_size: Bytes of its files of weights.
        loading: Python that loads it.
        precision: That its thresholds were to have; null where none were asked for.
        temperature: Whether probabilities were asked for that are calibrated.
        calibration: Sentences on its probabilities, once done; empty of tasks without classes.
    """

    pick: str
    form: AskedForm
    trial: int
    words: str
    rows: int | None
    difference: float | None
    bytes: int | None
    loading: str | None
    file_size: int | None = None
    precision: float | None = None
    temperature: bool = False
    calibration: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class ExportRecord(Export, RunRecord):
    """The same with what its service alone needs to know.

    Attributes:
        asked: The form that was asked for.
    """

    asked: AskedForm

    @property
    def wish(self) -> Wish:
        """What was asked of its probabilities."""
        return Wish(self.precision, self.temperature)

    @property
    def title(self) -> str:
        """Name of its archive, and of the folder in it."""
        return f"{self.job}-trial-{self.trial}-{self.form}"


def export_folders(root: Path) -> RunFolders[ExportRecord]:
    """Those below the folder of the jobs' files."""
    return RunFolders(root, ExportRecord, "exports", "an export")
