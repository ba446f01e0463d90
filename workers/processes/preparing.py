"""One preparation for a job: one worker makes it, the others wait and take up what it wrote."""

import contextlib
from collections.abc import Callable
from itertools import count

from peftsearch.records.job import Job
from peftsearch.records.preparation import Preparation
from peftsearch.storage.store import Store
from peftsearch.workers.preparation.prepare import Prepared
from peftsearch.workers.training.trial_runner import TrialRunner

from .earlier_jobs import add_lessons
from .lease_times import SUGGESTION_SECONDS
from .monitor import Cancelled, Monitor
from .proposing import keep_lease


def take_up(store: Store, job: Job, runner: TrialRunner, worker: str, monitor: Monitor) -> bool:
    """Give the runner its job's preparation, which is made if nobody has.

    Nothing is proposed before it stands, so that its maker holds the suggestion lease: one that
    dies is followed by another. A job from before there were any goes on without.

    Returns:
        Whether the runner has it; False while another worker makes it, or where the monitor says
        to stop.
    """
    found = store.preparation(job.id)
    if found is None and not runner.decides and store.trials(job.id):
        runner.adopt(Prepared(Preparation()))
        return True
    if found is None:
        found = _make(store, job, runner, worker, monitor)
    if found is None:
        return False
    runner.adopt(Prepared(found, store.head_start(job.id), store.floor_answers(job.id)))
    return True


def _make(
    store: Store, job: Job, runner: TrialRunner, worker: str, monitor: Monitor
) -> Preparation | None:
    token = store.take_suggestion_lease(job.id, worker, SUGGESTION_SECONDS)
    if token is None:
        return None
    try:
        with keep_lease(store, job.id, token, worker), contextlib.suppress(Cancelled):
            # Its maker may have ended since nobody had any.
            if (found := store.preparation(job.id)) is not None:
                return found
            made = runner.prepare(_tell_batches(runner.count_preparing(), monitor))
            told = add_lessons(store, job.spec, made.preparation)
            return store.prepare(job.id, told, made.tensors, made.answers)
        return None
    finally:
        store.release_suggestion_lease(job.id, token)


def _tell_batches(total: int, monitor: Monitor) -> Callable[[], None]:
    """To be called after each batch; ends the preparation where the monitor says to stop."""
    batches = count(1)

    def step() -> None:
        monitor.step(next(batches), total)
        if monitor.stopping():
            raise Cancelled

    return step
