"""How a pool ends when a person interrupts."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from peftsearch.jobs.interrupt import Interrupt
from peftsearch.jobs.local_pool import _end
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.engines.engine import Engine
from peftsearch.workers.processes.child import Child
from peftsearch.workers.processes.pool import Pool
from peftsearch.workers.processes.shared_status import CONTEXT, SharedStatus
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage.examples import claim, insert, make_proposal


@dataclass
class Impatient:
    """Whoever sees that it waits presses Ctrl-C once more."""

    interrupt: Interrupt
    told: list[float] = field(default_factory=list)

    def update(self, engine: Engine) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def stop(self, engine: Engine, seconds: float) -> None:
        """Press it."""
        self.told.append(seconds)
        self.interrupt.count += 1


def test_a_second_interrupt_ends_the_wait_and_loses_nothing(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    """A worker that hears nothing, in a step of ten minutes."""
    url = new_sqlite()
    with Store.open(url) as store:
        job = store.create_job(make_spec())
        insert(store, job.id, [make_proposal(0)])
        trial = claim(store, job.id)
        process = CONTEXT.Process(target=time.sleep, args=(600,), daemon=True)
        process.start()
        child = Child("w", 0, SharedStatus(), process)
        child.status.steps.value = 1
        child.status.trial.value, child.status.attempt.value = trial.id, trial.attempt
        interrupt = Interrupt()
        interrupt.count = 1
        view = Impatient(interrupt)
        _end(Pool(store, job, url, tmp_path, workers=1, children=[child]), interrupt, view)
        (found,) = store.trials(job.id)
    assert len(view.told) == 1 and 0 < view.told[0] <= 30
    assert not process.is_alive()
    assert found.state is TrialState.QUEUED
