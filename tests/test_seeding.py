"""The seeded job is what `Store.complete` would have left."""

import pytest

from peftsearch.records.front_points import FrontPoint
from peftsearch.records.trial import FailureKind, Proposal
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.seeding import draw, seed_job, spec_of

COUNT = 60


def replay(store: Store, spec: JobSpec) -> int:
    """The same trials through the store, one after the other; the job's id."""
    sample = draw(spec, COUNT, seed=0)
    job = store.create_job(spec)
    proposals = [Proposal(x, 1000 + i, "search") for i, x in enumerate(sample.configurations)]
    token = store.take_suggestion_lease(job.id, "w", 600.0)
    assert token is not None
    store.insert(job.id, token, proposals, [{}] * COUNT)
    for number in range(COUNT):
        trial = store.claim(job.id, "w", 600.0)
        assert trial is not None and trial.number == number
        if sample.failed[number]:
            store.fail(trial.id, trial.attempt, FailureKind.BUG, "as seeded")
        else:
            values = {name: float(column[number]) for name, column in sample.values.items()}
            store.complete(trial.id, trial.attempt, values, {}, None)
    return job.id


def shorten(points: list[FrontPoint]) -> list[tuple[str, dict[str, float], tuple[int, ...], int]]:
    return [(x.key, dict(x.values), x.trials, x.entered) for x in points]


@pytest.mark.parametrize("event", [1, 7, 30, COUNT])
def test_the_front_is_that_of_the_store_at_every_event(
    new_sqlite: NewDatabase, event: int
) -> None:
    url = new_sqlite()
    points = seed_job(url, "seeded", COUNT)
    with Store.open(url) as store:
        seeded = store.find_job("seeded")
        real = replay(store, spec_of("real", COUNT + 10_000))
        assert seeded.event == COUNT
        assert len(store.front(seeded.id)) == points > 3
        assert shorten(store.front(seeded.id, event)) == shorten(store.front(real, event))
