"""Working on a job with the workers of an engine, until it ends or a person interrupts."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from peftsearch.errors import StoreUnavailable
from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.probing import check_shared
from peftsearch.workers.engines.engine import Engine
from peftsearch.workers.engines.making import make_engine
from peftsearch.workers.engines.plan import LOCAL_PLAN, EnginePlan
from peftsearch.workers.files.job_folder import check_folder
from peftsearch.workers.runtime.threads import wait_passively

from .interrupt import Interrupt
from .tracking import choose_trackers, tracked

_POLL_SECONDS = 0.25
_PATIENCE_SECONDS = 30.0


class View(Protocol):
    """Shows an engine at work."""

    def update(self, engine: Engine) -> None:
        """Called a few times a second."""

    def say(self, line: str) -> None:
        """Called with what happened to a worker."""

    def stop(self, engine: Engine, seconds: float) -> None:
        """Called a few times a second after a person interrupted, while workers give back what
        they hold, for at most so many more seconds."""


def run_pool(
    store: Store,
    job: Job,
    storage: str,
    root: Path,
    workers: int,
    device: str,
    view: View,
    trackers: Sequence[str] | None = None,
    plan: EnginePlan = LOCAL_PLAN,
) -> signal.Signals | None:
    """Work on a job until it ends or a person interrupts.

    Args:
        trackers: To be told of it; None takes those of the job that are installed.
        plan: Who starts the workers.

    Returns:
        The signal that interrupted it, when what ran is queued again; None where the job ended.

    Raises:
        UserError: The job's spec cannot be read here, the folder of files or the place for
            artefacts not be written, or the engine not be reached.
        WorkerError: The workers could not start or kept dying.
    """
    spec = job.spec  # each worker would load for seconds before it says so
    told = choose_trackers(spec.tracking if trackers is None else trackers, trackers is not None)
    check_folder(root)
    check_shared(spec.artefacts)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    wait_passively(os.environ)
    engine = make_engine(plan, store, job, storage, root, workers, device)
    interrupt = Interrupt()
    with tracked(job, storage, root, told), interrupt.installed():
        try:
            engine.start()
            while interrupt.count == 0 and engine.poll():
                for line in engine.take_news():
                    view.say(line)
                with contextlib.suppress(StoreUnavailable):  # the workers spool their results
                    view.update(engine)
                time.sleep(_POLL_SECONDS)
        finally:
            _end(engine, interrupt, view)
    view.update(engine)
    return interrupt.first


def _end(engine: Engine, interrupt: Interrupt, view: View) -> None:
    """Stop gently; a second interrupt cuts the wait short."""
    engine.stop()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while engine.living:
        left = deadline - time.monotonic()
        if interrupt.count > 1 or left < 0:
            break
        if interrupt.count:
            view.stop(engine, left)
        time.sleep(_POLL_SECONDS / 5)
    engine.kill()
