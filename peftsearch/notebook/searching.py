"""A search in the caller's own process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peftsearch.jobs import life
from peftsearch.jobs.inline import work_inline
from peftsearch.jobs.settling import settle
from peftsearch.records.failing import find_all_failed
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import load_data
from peftsearch.workers.files.job_folder import check_folder, choose_root
from peftsearch.workers.training.trial_runner import TrialRunner


@dataclass(frozen=True)
class Place:
    """Where a search works.

    Attributes:
        root: Folder of the jobs' files.
        device: `auto`, `cpu` or a torch device.
    """

    url: str
    root: Path
    device: str

    @classmethod
    def choose(cls, url: str, files: str | Path | None, device: str) -> "Place":
        """The folder may be the user's; else it is the storage's own.

        Raises:
            UserError: It cannot be written.
        """
        root = choose_root(url, files)
        check_folder(root)
        return cls(url, root, device)


def search_here(spec: JobSpec, place: Place, note: Callable[..., None]) -> SearchResult:
    """Launch or resume the job of a complete spec, and work on it until it ends.

    Args:
        note: Called with lines that a person should know.

    Raises:
        Conflict: A job of that name has another spec, or the new budget is used up.
        UserError: The model or the data is wrong.
        TrialsFailed: No trial completed.
        KeyboardInterrupt: On Ctrl-C, after the running trial was given back.
    """
    data = load_data(spec)
    found = settle(spec, data)
    note(*data.notes, *found.notes)
    runner = TrialRunner.open(found.spec, place.device, data)
    with Store.open(place.url) as store:
        job = life.create_or_resume(store, found.spec)
        if not life.is_as_launched(job, found.spec):
            runner = TrialRunner.open(job.spec, place.device)
        work_inline(store, job, runner, place.root)
        result = load_result(store, store.job(job.id), place.root)
    if failed := find_all_failed(result.trials):
        raise failed
    return result
