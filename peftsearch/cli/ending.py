"""The commands that end a job: stop, delete."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from peftsearch.errors import UserError
from peftsearch.jobs import life
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.records.job import JobState
from peftsearch.results.wording import plural
from peftsearch.workers.files.job_folder import choose_root

from .console import console, log, print_json, storage_option
from .crew import SIGNALLED


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
        NotFoundError: There is no such job, and nothing is left of one.
        UserError: Nobody said yes.
    """
    root = choose_root(storage, files)
    with open_existing(storage) as store, _leaving_in_words():
        job = life.check_deletable(store, name, root)
        if job is not None and not sure:
            _ask_to_delete(name, sum(store.counts(job.id).values()))
        life.delete(store, name, root)
    if as_json:
        print_json({"name": name, "deleted": True})
    else:
        console.print(f"{name} is deleted", highlight=False)


@contextlib.contextmanager
def _leaving_in_words() -> Iterator[None]:
    """SIGTERM ends what runs as Ctrl-C does, which tells what is left to be removed."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(SIGNALLED + number)

    previous = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _ask_to_delete(name: str, trials: int) -> None:
    """Go on only where a person types the job's name."""
    if sys.stdin.isatty():
        log.print(f"{name} has {plural(trials, 'trial')}; their records and adapters will be gone")
        if input("type the job's name to delete it: ").strip() == name:
            return
        raise UserError(f"the name {name!r}", "another text", "nothing was deleted")
    raise UserError("--yes, since nothing can be asked here", "none", "add --yes to delete it")
