"""The files of a job that goes; those of other jobs, also of other databases, stay."""

from pathlib import Path

from peftsearch.errors import Conflict, UserError
from peftsearch.records.job import Job
from peftsearch.storage.connection import file_url
from peftsearch.storage.copies import find_copies
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.collection import find_urls
from peftsearch.workers.artefacts.job_places import job_place
from peftsearch.workers.files.job_folder import files_root, job_folder
from peftsearch.workers.files.ownership import describes

from .removals import Removal, name_database


def check_own_files(store: Store, job: Job, root: Path) -> None:
    """Refuse to remove files that a copy of the database beside it names too: those of the same
    folder by default, such as of `search.db` and `search.bak`, or below a URL.

    Args:
        root: Folder of the jobs' files.

    Raises:
        Conflict: There is a copy.
    """
    for copy in find_copies(store.url, job.uid):
        if find_artefacts(store, job) or files_root(file_url(str(copy))) == root:
            raise Conflict(
                f"a database that alone has job {job.name!r} and its adapters",
                f"a copy of it in {copy}",
                "delete the copy, or move it to another folder, and delete the job then",
            )


def find_adapters_by_name(store: Store, job: Job, root: Path) -> list[Path]:
    """Adapters of a job that older versions ran, in the folder that all jobs of its name shared;
    only those that say themselves that they are its own."""
    if not (root / job.name / "trials").is_dir():
        return []
    try:
        trials = store.trials(job.id)
    except UserError:  # they are of a package that is not installed here
        return []
    return [
        folder
        for trial in trials
        if trial.adapter is not None
        and trial.adapter.startswith(f"{job.name}/")
        and describes(folder := root / trial.adapter, trial.configuration, trial.provenance)
    ]


def find_artefacts(store: Store, job: Job) -> set[str]:
    """URLs below which files of a job lie; none of one that cannot be read here."""
    try:
        return find_urls(job, store.trials(job.id)) if job.spec.artefacts else set()
    except UserError:
        return set()


def plan_removal(store: Store, job: Job, root: Path) -> Removal:
    """All files of a job, wherever they lie: its folder, adapters that older versions put
    elsewhere, and what is below URLs.

    Args:
        root: Folder of the jobs' files.
    """
    adapters = find_adapters_by_name(store, job, root)
    folders = [job_folder(job), *(x.relative_to(root).as_posix() for x in adapters)]
    places = [job_place(url, job).url for url in sorted(find_artefacts(store, job))]
    return Removal(root, name_database(store), job.name, job.uid, folders, places)
