"""A job with ended trials that can be exported and confirmed."""

from typing import Any

from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, Proposal
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import claim, insert

from .launches import configuration


def add_films(store: Store, name: str = "films", **sections: Any) -> Job:
    """Seven trials: 0 to 4 with an adapter and ever better, 5 failed, 6 without adapter.

    Args:
        sections: Of the job's spec.
    """
    job = store.create_job(make_spec(name, **sections))
    insert(store, job.id, [Proposal(configuration(i), 0, "search") for i in range(8)])
    for index in range(7):
        trial = claim(store, job.id)
        values = {job.spec.task.quality: 0.5 + index / 20, "trainable_parameters": 1000.0 * index}
        if index == 5:
            store.fail(trial.id, trial.attempt, FailureKind.BUG, "it broke")
        else:
            adapter = None if index == 6 else f"films/trials/{index:06d}"
            store.complete(trial.id, trial.attempt, values, {}, adapter)
    return job
