"""What a worker knows of its job is what the store says, and an ended trial is read once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, TrialState, without_circumstances
from peftsearch.storage.store import Store
from peftsearch.workers.processes import known_trials as module
from peftsearch.workers.processes.known_trials import KnownTrials
from tests.conftest import NewDatabase
from tests.restoring import back_up
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal


@pytest.fixture
def store(new_sqlite: NewDatabase) -> Iterator[Store]:
    with Store.open(new_sqlite()) as store:
        yield store


@pytest.fixture
def job(store: Store) -> Job:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(i) for i in range(6)])
    return job


def test_it_is_what_the_store_has(store: Store, job: Job) -> None:
    """After each step in the life of trials, the ends in another order than the numbers."""
    known = KnownTrials(store, job.id)

    def compare() -> None:
        assert known.read() == store.trials(job.id)

    compare()
    first, second, third = (claim(store, job.id) for _ in range(3))
    compare()
    complete(store, second, 0.5, 1)
    compare()
    store.fail(first.id, first.attempt, FailureKind.BUG, "x")
    store.give_back(third.id, third.attempt)
    compare()
    insert(store, job.id, [make_proposal(9)])
    again = claim(store, job.id)
    complete(store, again, 0.7, 1)
    compare()
    assert [x.state for x in known.read()].count(TrialState.QUEUED) == 4


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_many_are_read_in_batches(
    store: Store, job: Job, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", batch)
    for _ in range(4):
        complete(store, claim(store, job.id), 0.5, 1)
    assert KnownTrials(store, job.id).read() == store.trials(job.id)


def test_an_open_trial_is_read_again_once_something_happened_to_it(store: Store, job: Job) -> None:
    known = KnownTrials(store, job.id)
    first, second = (claim(store, job.id) for _ in range(2))
    before = known.read()
    store.give_back(first.id, first.attempt)
    store.renew(second.id, second.attempt, 60.0)
    after = known.read()
    assert [x is y for x, y in zip(after, before, strict=True)] == [False] + 5 * [True]
    assert after == store.trials(job.id)


def test_an_ended_trial_is_read_once(store: Store, job: Job) -> None:
    known = KnownTrials(store, job.id)
    complete(store, claim(store, job.id), 0.5, 1)
    before = known.read()
    complete(store, claim(store, job.id), 0.6, 1)
    after = known.read()
    assert after[0] is before[0]
    assert after[1] is not before[1]
    assert known.read()[1] is after[1]


def test_of_an_ended_trial_it_holds_what_is_asked_for(store: Store, job: Job) -> None:
    for _ in range(2):
        complete(store, claim(store, job.id), 0.5, 1)
    trials, known = store.trials(job.id), KnownTrials(store, job.id, without_circumstances)
    assert trials[0].provenance
    assert known.read() == [*map(without_circumstances, trials[:2]), *trials[2:]]
    assert known.read()[0] is known.read()[0]


def test_a_database_that_was_restored_is_read_anew(store: Store, job: Job, tmp_path: Path) -> None:
    """Also where it has come as far again, to other ends."""
    known = KnownTrials(store, job.id)
    complete(store, claim(store, job.id), 0.5, 1)
    restore = back_up(store.url, tmp_path)
    for _ in range(2):
        complete(store, claim(store, job.id), 0.6, 1)
    insert(store, job.id, [make_proposal(7)])
    known.read()
    restore()
    assert known.read() == store.trials(job.id)
    for _ in range(2):
        complete(store, claim(store, job.id), 0.7, 1)
    insert(store, job.id, [make_proposal(8)])
    assert known.read() == store.trials(job.id)
    for _ in range(2):
        complete(store, claim(store, job.id), 0.8, 1)
    known.read()
    restore()
    for _ in range(5):
        complete(store, claim(store, job.id), 0.9, 1)
    assert known.read() == store.trials(job.id)
