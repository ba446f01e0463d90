"""The commands that end a job: stop, delete."""

import sys
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.jobs.removal import check_removable, remove_job
from peftsearch.records.job import JobState

from .console import choose_root, console, log, open_existing, print_json


def stop(name: str, storage: str, as_json: bool) -> None:
    """End a job."""
    with open_existing(storage) as store:
        job = store.find_job(name)
        store.set_state(job.id, JobState.STOPPED)
    if as_json:
        print_json({"name": name, "state": "stopped"})
    else:
        console.print(f"{name} is stopped; `peftsearch run` with its job file resumes it")


def delete(name: str, sure: bool, storage: str, files: Path | None, as_json: bool) -> None:
    """Remove a job, its records and its adapters.

    Raises:
        UserError: It has live workers, or nobody said yes.
    """
    with open_existing(storage) as store:
        job = store.find_job(name)
        check_removable(store, job)
        if not sure:
            _ask_to_delete(name, sum(store.counts(job.id).values()))
        remove_job(store, job, choose_root(storage, files))
    if as_json:
        print_json({"name": name, "deleted": True})
    else:
        console.print(f"{name} is deleted", highlight=False)


def _ask_to_delete(name: str, trials: int) -> None:
    """Go on only where a person types the job's name."""
    if sys.stdin.isatty():
        log.print(f"{name} has {trials} trials; their records and adapters will be gone")
        if input("type the job's name to delete it: ").strip() == name:
            return
        raise UserError(f"the name {name!r}", "another text", "nothing was deleted")
    raise UserError("--yes, since nothing can be asked here", "none", "add --yes to delete it")
