"""A search in the caller's own process."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from peftsearch.errors import NotFoundError, StoreUnavailable
from peftsearch.jobs import life
from peftsearch.jobs.inline import work_inline
from peftsearch.jobs.settling import settle
from peftsearch.jobs.tracking import tracked
from peftsearch.live.displays import Display
from peftsearch.message_text import plural
from peftsearch.records.failing import find_all_failed
from peftsearch.records.job import Job
from peftsearch.records.trial import TrialState
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.probing import check_place
from peftsearch.workers.data.task_data import TaskData, load_for_launch
from peftsearch.workers.files.job_folder import check_folder, choose_root
from peftsearch.workers.processes.built_in import check_built_in
from peftsearch.workers.processes.function_runner import (
    Evaluate,
    FunctionRunner,
)
from peftsearch.workers.training import trial_runner

from .shown_work import InlineCrew, ShownMonitor, look


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


def search_here(
    spec: JobSpec,
    place: Place,
    note: Callable[..., None],
    display: Display,
    evaluate: Evaluate | None = None,
) -> SearchResult:
    """Launch or resume the job of a complete spec, and work on it until it ends.

    Args:
        note: Called with lines that a person should know.
        display: Shows what goes on, from the first moment.
        evaluate: Trains and scores a configuration in place of the built-in training.

    Raises:
        Conflict: A job of that name has another spec, or the new budget is used up.
        UserError: The model or the data is wrong.
        TrialsFailed: No trial completed.
        KeyboardInterrupt: On Ctrl-C, after the running trial was given back; says how to go on.
    """
    display.tell("loading the data")
    data = load_for_launch(spec)
    found = settle(spec, data)
    check_place(found.spec.artefacts)
    note(*data.notes, *found.notes)
    display.tell("loading the model")
    runner = _open(found.spec, place, data, evaluate)
    with Store.open(place.url) as store:
        job = life.create_or_resume(store, found.spec)
        if not life.is_as_launched(job, found.spec):
            runner = _open(job.spec, place, None, evaluate)
        try:
            with tracked(job, place.url, place.root, found.spec.tracking, note):
                _work(store, job, runner, place.root, display)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_tell_stopped(store, job)) from None
        result = load_result(store, store.job(job.id), place.root)
    if failed := find_all_failed(result.trials):
        raise failed
    return result


def _open(
    spec: JobSpec, place: Place, data: TaskData | None, evaluate: Evaluate | None
) -> trial_runner.TrialRunner:
    if evaluate is None:
        check_built_in(spec)
        return trial_runner.TrialRunner.open(spec, place.device, data)
    runner = FunctionRunner.open(spec, place.device, data)
    runner.function = evaluate
    return runner


def _work(
    store: Store, job: Job, runner: trial_runner.TrialRunner, root: Path, display: Display
) -> None:
    with display.follow(store, job) as view:
        own = isinstance(runner, FunctionRunner)
        work_inline(store, job, runner, root, partial(ShownMonitor, view=view), own)
        look(view, InlineCrew([]))


def _tell_stopped(store: Store, job: Job) -> str:
    """How to go on after an interrupt; without a count where the database is away."""
    done = ""
    with contextlib.suppress(StoreUnavailable, NotFoundError):
        done = f" with {plural(store.counts(job.id)[TrialState.COMPLETED], 'trial')} done"
    return f"stopped{done}; what ran is queued again: the same call goes on with job {job.name!r}"
