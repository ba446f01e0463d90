"""How the queue is kept filled: as proposals are found, and for a crowd by one worker alone."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from peftsearch.records.job import Job
from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes import replenishing
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.processes.replenishing import CROWD, Replenisher, by_time
from tests.conftest import NewDatabase
from tests.restoring import back_up
from tests.search.jobs import lora
from tests.specs import make_spec
from tests.storage.examples import LEASE, claim, complete
from tests.workers.monitors import Watcher


def _describe(spec: JobSpec) -> JobSpec:
    return spec


def _make_crowd(store: Store, live: int) -> Job:
    job = store.create_job(make_spec(trials=10_000))
    for i in range(live):
        store.register_worker(job.id, f"w{i}", "host", i, "cpu")
    return job


def test_who_proposes_holds_no_circumstances_of_trainings(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker holds all trials of its job for as long as it lives."""
    job = store.create_job(make_spec(trials=10))
    replenisher = Replenisher(store, job, "w0", _describe)
    assert replenisher.replenish(job.spec.budget)
    complete(store, claim(store, job.id), 0.5, 1)
    assert store.trials(job.id)[0].provenance
    seen: list[Trial] = []

    def look(spec: JobSpec, trials: list[Trial], *rest: Any) -> Iterator[Proposal]:
        seen.extend(trials)
        yield from ()

    monkeypatch.setattr(replenishing, "propose_each", look)
    replenisher.replenish(job.spec.budget)
    assert [x.provenance for x in seen if x.state is TrialState.COMPLETED] == [{}]


def test_one_of_a_crowd_proposes_and_trains_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _make_crowd(store, CROWD + 1)
    runner: Any = SimpleNamespace(prepared=True, spec=job.spec, describe=lambda: job.spec.anatomy)
    taken: list[int] = []
    monkeypatch.setattr(WorkerLoop, "_work", lambda self, trial: taken.append(trial.number))
    monkeypatch.setattr("peftsearch.workers.processes.loop.POLL_SECONDS", 0.0)
    one, other = (WorkerLoop(f"w{i}", store, job, runner, Path(), Watcher()) for i in range(2))
    assert one._turn()
    assert store.queued(job.id) == 64 and not taken
    assert store.take_suggestion_lease(job.id, "w1", LEASE) is None
    assert other._turn() and taken == [0]
    assert one._turn()
    assert store.queued(job.id) == CROWD + 1
    store.unregister_worker(f"w{CROWD}")
    for _ in range(2):
        claim(store, job.id)
    assert one._turn()
    assert store.take_suggestion_lease(job.id, "w1", LEASE) is not None
    assert taken == [0, 3]


def test_who_leaves_a_crowd_lets_others_propose(store: Store) -> None:
    job = _make_crowd(store, CROWD + 1)
    one = Replenisher(store, job, "w0", _describe)
    assert one.replenish(job.spec.budget) and one.stays
    one.leave()
    other = Replenisher(store, job, "w1", _describe)
    assert other.replenish(job.spec.budget) and other.stays
    assert one.replenish(job.spec.budget) and not one.stays


def test_proposals_are_queued_as_they_are_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _make_crowd(store, 3)
    seen: list[int] = []

    def slow(*arguments: Any) -> Iterator[Proposal]:
        for i in range(3):
            seen.append(store.counts(job.id)[TrialState.QUEUED])
            yield Proposal(lora(1 + i), i, "search")

    monkeypatch.setattr(replenishing, "propose_each", slow)
    monkeypatch.setattr(replenishing, "_SECONDS", 0.0)
    assert Replenisher(store, job, "w0", _describe).replenish(job.spec.budget)
    assert seen == [0, 1, 2]
    assert [x.configuration for x in store.trials(job.id)] == [lora(1 + i) for i in range(3)]


def test_a_budget_that_is_spent_ends_the_search_for_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = store.create_job(make_spec(trials=2))
    for i in range(5):
        store.register_worker(job.id, f"w{i}", "host", i, "cpu")
    found: list[int] = []

    def endless(*arguments: Any) -> Iterator[Proposal]:
        for i in range(100):
            found.append(i)
            yield Proposal(lora(1 + i), i, "search")

    monkeypatch.setattr(replenishing, "propose_each", endless)
    monkeypatch.setattr(replenishing, "_SECONDS", 0.0)
    one = Replenisher(store, job, "w0", _describe)
    assert one.replenish(job.spec.budget)
    assert len(store.trials(job.id)) == 2 and len(found) == 3
    assert not one.replenish(job.spec.budget)


def test_a_budget_that_was_spent_is_not_in_a_database_that_was_restored(
    new_sqlite: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the job would end with the trials of the backup."""
    numbers = itertools.count()

    def as_asked(spec: Any, trials: Any, n: int, *others: Any) -> Iterator[Proposal]:
        for i in itertools.islice(numbers, n):
            yield Proposal(lora(1 + i % 8), i, "search")

    monkeypatch.setattr(replenishing, "propose_each", as_asked)
    with Store.open(new_sqlite()) as store:
        job = store.create_job(make_spec(trials=2))
        restore = back_up(store.url, tmp_path)
        for i in range(5):
            store.register_worker(job.id, f"w{i}", "host", i, "cpu")
        one = Replenisher(store, job, "w0", _describe)
        assert one.replenish(job.spec.budget) and not one.replenish(job.spec.budget)
        restore()
        assert one.replenish(job.spec.budget)
        assert len(store.trials(job.id)) == 1


def test_groups_end_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def items() -> Iterator[int]:
        for i in range(5):
            clock[0] += 1.0
            yield i

    assert list(by_time(items(), 2.0)) == [[0, 1, 2], [3, 4]]
    assert list(by_time(iter(()), 2.0)) == []
