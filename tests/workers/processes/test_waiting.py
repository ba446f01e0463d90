"""What a worker asks while it waits, and what ends its waiting."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from peftsearch.errors import NotFoundError, StoreUnavailable
from peftsearch.records.job import JobState
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import FailureKind, Trial
from peftsearch.storage.store import Store
from peftsearch.workers.preparation.prepare import Prepared
from peftsearch.workers.processes import loop, standstill, waiting
from peftsearch.workers.processes.lease_times import RENEW_SECONDS
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.processes.standstill import Standstill
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.storage.examples import EXPIRED, claim, insert, make_proposal
from tests.workers.monitors import Watcher
from tests.workers.runners import open_runner


class Worker:
    """One that has nothing to do, since another holds the last trial of the budget."""

    def __init__(self, store: Store, runner: TrialRunner, root: Path) -> None:
        self.store = store
        self.job = store.create_job(runner.spec)
        proposals = [make_proposal(i) for i in range(runner.spec.budget.trials or 0)]
        insert(store, self.job.id, proposals)
        self.held = [claim(store, self.job.id, "other") for _ in proposals]
        store.prepare(self.job.id, Preparation())
        for name in ("w", "other"):
            store.register_worker(self.job.id, name, "host", 1, "cpu")
        self.loop = WorkerLoop("w", store, self.job, runner, root, Watcher())
        self.taken: list[Trial] = []
        self.clock = time.monotonic()

    def asks(self) -> list[str]:
        """Of the store, in one turn."""
        self.called: list[str] = []
        self.goes_on = self.loop._turn()
        return self.called


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    found = open_runner(tmp_path_factory.mktemp("waiting"), folders["bert"], epochs=1)
    found.adopt(Prepared(Preparation()))
    return found


@pytest.fixture
def worker(
    store: Store, runner: TrialRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Worker]:
    """It began long ago and has looked around once; it sleeps for no time, and its clock stands
    still."""
    worker = Worker(store, runner, tmp_path)
    worker.loop._standstill = Standstill(began=0.0)
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: worker.clock))
    monkeypatch.setattr(WorkerLoop, "_work", lambda self, trial: worker.taken.append(trial))
    for name in ("signs", "heartbeat", "requeue_expired", "claim", "counts", "used_hours"):
        _tell_calls(monkeypatch, worker, name)
    assert "requeue_expired" in worker.asks()
    yield worker


def _tell_calls(monkeypatch: pytest.MonkeyPatch, worker: Worker, name: str) -> None:
    original = getattr(Store, name)

    def tell(self: Store, *args: object, **kwargs: object) -> object:
        worker.called.append(name)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Store, name, tell)


def test_while_nothing_changes_it_asks_one_question(worker: Worker) -> None:
    assert [worker.asks() for _ in range(3)] == [["signs"]] * 3
    assert worker.goes_on


def test_now_and_then_it_looks_around_whatever_it_sees(worker: Worker) -> None:
    worker.clock += RENEW_SECONDS + 1
    asked = worker.asks()
    assert {"heartbeat", "requeue_expired"} < set(asked)
    assert "claim" not in asked  # nothing is queued
    assert worker.asks() == ["signs"]


def test_a_trial_that_is_given_back_is_claimed_at_once(worker: Worker) -> None:
    held = worker.held[0]
    worker.store.give_back(held.id, held.attempt)
    assert "claim" in worker.asks()
    assert [x.id for x in worker.taken] == [held.id]


def test_a_trial_whose_worker_fell_silent_is_taken_at_once(worker: Worker) -> None:
    held = worker.held[0]
    worker.store.renew(held.id, held.attempt, EXPIRED)
    assert "requeue_expired" in worker.asks()
    assert [x.id for x in worker.taken] == [held.id]


def test_the_last_end_finishes_the_job_at_once(worker: Worker) -> None:
    for held in worker.held:
        assert worker.goes_on
        worker.store.fail(held.id, held.attempt, FailureKind.OUT_OF_MEMORY, "it failed")
        if held == worker.held[-1]:
            worker.store.unregister_worker("other")  # else it might be the one that is wanted
        worker.asks()
    assert not worker.goes_on
    assert worker.store.job(worker.job.id).state is JobState.FINISHED


def test_a_stop_and_a_deletion_are_noticed_at_once(worker: Worker) -> None:
    worker.store.set_state(worker.job.id, JobState.STOPPED)
    worker.asks()
    assert not worker.goes_on
    worker.store.delete_job(worker.job.id)
    with pytest.raises(NotFoundError):
        worker.asks()


def test_who_stood_still_leaves_to_the_others_what_they_hold(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop slept: all leases ran out, and who holds a trial renews it in a moment."""
    now = time.time()
    clock = SimpleNamespace(time=lambda: now)
    monkeypatch.setattr(standstill, "time", clock)
    worker.asks()
    now += 600.0
    held = worker.held[0]
    worker.store.renew(held.id, held.attempt, EXPIRED)
    for _ in range(8):
        assert "requeue_expired" not in worker.asks()
        now += RENEW_SECONDS / 4
    assert worker.store.renew(held.id, held.attempt, 60.0, "other") and not worker.taken
    worker.store.renew(held.id, held.attempt, EXPIRED)  # and one that does not come back
    for _ in range(50):
        now += RENEW_SECONDS
        worker.asks()
    assert [x.number for x in worker.taken] == [held.number]


def test_who_begins_leaves_to_the_others_what_they_hold(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows of no outage that has just ended."""
    now = time.time()
    monkeypatch.setattr(standstill, "time", SimpleNamespace(time=lambda: now))
    held = worker.held[0]
    worker.store.renew(held.id, held.attempt, EXPIRED)
    worker.loop._standstill = Standstill(now, now)
    worker.asks()
    assert worker.store.renew(held.id, held.attempt, 60.0, "other") and not worker.taken
    worker.store.renew(held.id, held.attempt, EXPIRED)
    for _ in range(5):
        now += RENEW_SECONDS
        worker.clock += RENEW_SECONDS
        worker.asks()
    assert [x.number for x in worker.taken] == [held.number]


def test_who_finds_the_database_again_leaves_to_the_others_what_they_hold(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server was away for longer than leases last: the first to hear of it took the trials of
    workers that lived, and counted them as lost."""
    now, away = time.time(), StoreUnavailable("postgresql://server/jobs", "it is shut down")
    monkeypatch.setattr(standstill, "time", SimpleNamespace(time=lambda: now))
    worker.asks()
    held = worker.held[0]
    worker.store.renew(held.id, held.attempt, EXPIRED)
    with monkeypatch.context() as outage:
        outage.setattr(Store, "signs", Mock(side_effect=away))
        for _ in range(40):
            now += 1.0
            with pytest.raises(StoreUnavailable):
                worker.asks()
    assert "requeue_expired" not in worker.asks()
    assert worker.store.renew(held.id, held.attempt, 60.0, "other") and not worker.taken
