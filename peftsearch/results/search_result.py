"""A job's records as they stand, and what can be had of them: a pick, an export."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from peftsearch.records.estimates import Estimate
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store

from .pick import select

if TYPE_CHECKING:
    from .export_report import ExportReport


@dataclass(frozen=True)
class SearchResult:
    """A job's records at one moment.

    Attributes:
        front: Ascending by cost.
        root: Folder of the jobs' files.
    """

    job: Job
    trials: tuple[Trial, ...]
    front: tuple[FrontPoint, ...]
    root: Path

    def pick(self, text: str = "knee") -> Estimate[Trial]:
        """The configuration that `text` means (`peftsearch.results.pick.select`).

        Args:
            text: `knee`, `best`, a row of the front, `trial 17`, or a sentence such as
                `accuracy where adapter_bytes <= 200 KB`.

        Raises:
            UserError: Nothing fits.
        """
        return select(text, self.job.spec, self.front, self.trials)

    def export(self, out: str | Path, pick: str = "knee", form: str = "auto") -> "ExportReport":
        """Write the picked adapter to a folder and check it by loading it again.

        Args:
            out: A folder that is empty or does not exist.
            pick: As `pick` takes it.
            form: `peft`, `adapter`, `merged`, or `auto`: `peft` where it can express the adapter.

        Raises:
            UserError: Nothing fits, or the folder is not empty.
        """
        return export_picked(self.job.spec, self.pick(pick), self.root, Path(out), form)


def load_result(store: Store, job: Job, root: Path) -> SearchResult:
    """The records of a job as they stand.

    Raises:
        UserError: Its spec cannot be read here.
    """
    _ = job.spec  # its trials would only say what they lack
    trials, front = store.at_once(lambda: (store.trials(job.id), store.front(job.id)))
    return SearchResult(job, tuple(trials), tuple(front), root)


def export_picked(
    spec: JobSpec, picked: Estimate[Trial], root: Path, out: Path, form: str
) -> "ExportReport":
    """Export, of the seeds of a configuration, the one of the best validation quality."""
    from .export import export

    trial = picked.best(spec.task.quality)
    return export(spec, trial, root / str(trial.adapter), out, form)
