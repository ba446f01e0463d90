"""Creating or resuming a job, and working on it with a local pool."""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Protocol

from peftsearch.errors import StoreUnavailable, UserError
from peftsearch.records.job import Job, JobState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.pool import Pool

from .jobfile import differing_keys

_POLL_SECONDS = 0.25


class View(Protocol):
    """Shows a pool at work."""

    def update(self, pool: Pool) -> None:
        """Called a few times a second."""


def open_job(store: Store, spec: JobSpec) -> Job:
    """The job of that name: created, or resumed where its spec is the same but for the budget.

    Raises:
        UserError: A job of that name has another spec.
    """
    existing = next((job for job in store.jobs() if job.name == spec.name), None)
    if existing is None:
        return store.create_job(spec)
    if differing := differing_keys(existing.spec, spec):
        raise UserError(
            f"the spec that job {spec.name!r} was launched with",
            f"other values of {', '.join(differing)}",
            "give the job a new name, or undo the change",
        )
    if existing.spec.budget != spec.budget:
        return store.change_budget(existing.id, spec)
    if existing.state is JobState.STOPPED:
        store.set_state(existing.id, JobState.RUNNING)
        return store.find_job(spec.name)
    return existing


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made or written.

    Raises:
        UserError: Says which and why.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"a writable folder {str(folder)!r}", str(error), "choose another with --files"
        ) from error


class Interrupt:
    """Counts Ctrl-C and SIGTERM: the first asks the workers to stop, the second kills them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.count += 1

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Take both signals within the block."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        previous = {number: signal.signal(number, self) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def run_pool(
    store: Store, job: Job, storage: str, root: Path, workers: int, device: str, view: View
) -> bool:
    """Work on a job until it ends or a person interrupts.

    Returns:
        False when it was interrupted; what ran is queued again.

    Raises:
        WorkerError: The workers could not start or kept dying.
    """
    check_folder(root)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    pool = Pool(store, job, storage, root, workers, device)
    interrupt = Interrupt()
    with interrupt.installed():
        try:
            pool.start()
            while interrupt.count == 0 and pool.poll():
                with contextlib.suppress(StoreUnavailable):  # the workers spool their results
                    view.update(pool)
                time.sleep(_POLL_SECONDS)
        finally:
            _end(pool, interrupt)
    view.update(pool)
    return interrupt.count == 0


def _end(pool: Pool, interrupt: Interrupt) -> None:
    """Stop gently; a second interrupt cuts the wait short. Who still loads has nothing to save."""
    for child in pool.children:
        child.status.stop.set()
        if not child.loaded:
            child.process.kill()
    deadline = time.monotonic() + 30
    while any(child.process.is_alive() for child in pool.children):
        if interrupt.count > 1 or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS / 5)
    pool.kill()
