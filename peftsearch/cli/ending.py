"""The commands that end a job: stop, delete."""

import sys
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.jobs import life
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.records.job import JobState
from peftsearch.results.wording import plural
from peftsearch.workers.files.job_folder import choose_root

from .console import console, log, print_json, storage_option


def stop(name: str, storage: str, as_json: bool) -> None:
    """End a job; one that has ended stays as it is."""
    with open_existing(storage) as store:
        job = life.stop(store, name)
    if as_json:
        print_json({"name": name, "state": job.state.value})
    elif job.state is JobState.STOPPED:
        goes_on = f"peftsearch resume {name}{storage_option(storage)}"
        text = f"{name} is stopped; `{goes_on}` goes on"
        console.print(text, highlight=False, soft_wrap=True)
    else:
        console.print(f"{name} is {job.state.value} already", highlight=False)


def delete(name: str, sure: bool, storage: str, files: Path | None, as_json: bool) -> None:
    """Remove a job, its records and its adapters.

    Raises:
        Conflict: It runs or has live workers.
        UserError: Nobody said yes.
    """
    with open_existing(storage) as store:
        job = life.check_deletable(store, name)
        if not sure:
            _ask_to_delete(name, sum(store.counts(job.id).values()))
        life.delete(store, name, choose_root(storage, files))
    if as_json:
        print_json({"name": name, "deleted": True})
    else:
        console.print(f"{name} is deleted", highlight=False)


def _ask_to_delete(name: str, trials: int) -> None:
    """Go on only where a person types the job's name."""
    if sys.stdin.isatty():
        log.print(f"{name} has {plural(trials, 'trial')}; their records and adapters will be gone")
        if input("type the job's name to delete it: ").strip() == name:
            return
        raise UserError(f"the name {name!r}", "another text", "nothing was deleted")
    raise UserError("--yes, since nothing can be asked here", "none", "add --yes to delete it")
