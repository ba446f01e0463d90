"""What a pool's parent passes on between its children's boards and the store."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from peftsearch.errors import StoreUnavailable
from peftsearch.records.trial import FailureKind, Trial, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.processes import deaths, outage
from peftsearch.workers.processes.child import Assignment, Child, work
from peftsearch.workers.processes.monitor import Cancelled
from peftsearch.workers.processes.pool import STALL_SECONDS, Pool, WorkerError
from peftsearch.workers.processes.shared_status import CONTEXT, SharedMonitor, SharedStatus
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage.examples import (
    EXPIRED,
    claim,
    complete,
    count_lost,
    insert,
    make_proposal,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("warm_start")

Steps = tuple[int | None, int | None]


@pytest.fixture
def pool(store: Store, tmp_path: Path) -> Iterator[Pool]:
    """A pool whose one child sleeps; its side of the board is played by `monitor`."""
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0)])
    store.register_worker(job.id, "w", "host", 1, "cpu")
    process = CONTEXT.Process(target=time.sleep, args=(600,), daemon=True)
    process.start()
    pool = Pool(store, job, "", tmp_path, 1)
    pool.children = [Child("w", 0, SharedStatus(), process)]
    yield pool
    process.kill()
    process.join()


@pytest.fixture
def monitor(pool: Pool) -> SharedMonitor:
    """The child's monitor, after it has loaded its model."""
    monitor = SharedMonitor(pool.children[0].status, os.getppid())
    monitor.step(0, 0)
    return monitor


def _poll(pool: Pool) -> Steps:
    """What the store knows of the child's steps once the parent may write again."""
    pool.told = 0.0
    assert pool.poll()
    (worker,) = pool.store.workers(pool.job.id)
    return worker.steps_done, worker.steps_total


def test_the_parent_writes_how_far_the_trial_of_its_child_is(
    pool: Pool, monitor: SharedMonitor
) -> None:
    assert _poll(pool) == (None, None)
    monitor.claimed(claim(pool.store, pool.job.id))
    assert _poll(pool) == (None, None)
    monitor.step(1, 30)
    assert _poll(pool) == (1, 30)
    monitor.step(2, 30)
    monitor.step(3, 30)
    assert _poll(pool) == (3, 30)
    monitor.claimed(None)
    assert _poll(pool) == (None, None)


def test_what_is_no_news_is_not_written(pool: Pool, monitor: SharedMonitor) -> None:
    monitor.claimed(claim(pool.store, pool.job.id))
    monitor.step(1, 30)
    assert _poll(pool) == (1, 30)
    pool.store.heartbeat("w", 7, 7)
    assert _poll(pool) == (7, 7)
    pool.children[0].beaten = 0.0  # as after the seconds in which a worker must be heard
    assert _poll(pool) == (1, 30)


def test_a_child_that_moves_keeps_its_lease(pool: Pool, monitor: SharedMonitor) -> None:
    trial: Trial = claim(pool.store, pool.job.id, seconds=EXPIRED)
    monitor.claimed(trial)
    monitor.step(1, 30)
    assert pool.poll()
    left = pool.store.trial(pool.job.id, 0).lease_seconds
    assert left is not None and left > 0


def test_the_children_of_a_deleted_job_are_asked_to_stop(
    pool: Pool, monitor: SharedMonitor
) -> None:
    monitor.claimed(claim(pool.store, pool.job.id))
    monitor.step(1, 30)
    pool.store.delete_job(pool.job.id)
    assert pool.poll()
    with pytest.raises(Cancelled):
        monitor.step(2, 30)
    pool.kill()
    assert not pool.poll()


def test_a_killed_child_holds_no_trial_and_counts_no_more(
    pool: Pool, monitor: SharedMonitor
) -> None:
    monitor.claimed(claim(pool.store, pool.job.id))
    pool.kill()
    assert pool.store.counts(pool.job.id)[TrialState.QUEUED] == 1
    assert pool.store.workers(pool.job.id) == []


def test_a_child_that_left_by_itself_is_replaced_once_it_has_ended(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a node of a cluster it hears sooner than its pool that what keeps it was killed."""
    pool.store.unregister_worker("w")
    pool.told = 0.0
    assert pool.poll()
    monkeypatch.setattr(Pool, "_spawn", lambda self, index: self.children[0])
    pool.children[0].process.kill()
    pool.children[0].process.join()
    assert pool.poll() and list(pool.waiting) == [0]
    assert "worker w died, killed" in pool.take_news()[0]


def test_a_child_that_died_with_its_job_is_not_replaced(pool: Pool) -> None:
    child = pool.children[0]
    child.process.kill()
    child.process.join()
    pool.store.delete_job(pool.job.id)
    pool.store.create_job(pool.job.spec)  # another job, whatever its name
    assert not pool.poll()
    assert pool.children == []


def test_a_child_that_still_loads_is_not_for_another_job_of_the_name(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        pool = Pool(store, store.create_job(make_spec()), url, tmp_path, 1)
        store.delete_job(pool.job.id)
        other = store.create_job(pool.job.spec)
        pool.start()
        wait_until(lambda: not pool.poll())
        assert (pool.deaths.count, store.workers(other.id)) == (0, [])


def test_a_worker_is_not_for_the_job_of_a_database_that_was_made_anew(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    """There another may have the id that its job had."""
    url = new_sqlite()
    with Store.open(url) as store:
        other = store.create_job(make_spec())
        place = (url, other.id, "0" * 32, tmp_path, "cpu")
        work(Assignment(*place, torch.get_num_threads(), "w", os.getppid(), 0), SharedStatus())
        assert (store.trials(other.id), store.workers(other.id)) == ([], [])


def test_what_a_child_shows_has_no_lock_that_it_could_die_in(pool: Pool) -> None:
    """A process that is killed in a lock keeps its parent waiting for ever."""
    for name, value in vars(pool.children[0].status).items():
        assert name == "error" or not hasattr(value, "get_lock"), name


def _die(pool: Pool) -> None:
    """The one child is killed, and the parent looks until another has its place."""
    (child,) = pool.children
    child.process.kill()
    child.process.join()
    wait_until(lambda: pool.poll() and bool(pool.children) and pool.children[0] is not child)


def _sleeping(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children that take the place of others sleep as well."""

    def spawn(index: int) -> Child:
        process = CONTEXT.Process(target=time.sleep, args=(600,), daemon=True)
        process.start()
        return Child("w", index, SharedStatus(), process)

    monkeypatch.setattr(pool, "_spawn", spawn)
    monkeypatch.setattr(deaths, "_FIRST_PAUSE", 0.01)


def test_deaths_in_a_row_end_a_pool_and_are_told(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sleeping(pool, monkeypatch)
    with pytest.raises(WorkerError, match="died 6 times with no trial ended between.*SIGKILL"):
        for _ in range(deaths.LIMIT + 1):
            _die(pool)
    told = pool.take_news()
    assert len(told) == deaths.LIMIT
    assert told[0] == "worker w died, killed by SIGKILL; another one starts now"
    assert pool.take_news() == []


def test_a_trial_that_ends_between_two_deaths_parts_them(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool of weeks may lose more workers in all than any that is broken."""
    _sleeping(pool, monkeypatch)
    for _ in range(2 * deaths.LIMIT):
        board = SharedMonitor(pool.children[0].status, os.getppid())
        board.claimed(None)
        _die(pool)
    assert pool.deaths.count == 1
    pool.kill()
    assert not pool.poll()


def test_a_pool_that_waits_to_replace_its_worker_is_not_over(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sleeping(pool, monkeypatch)
    monkeypatch.setattr(deaths, "_FIRST_PAUSE", 600.0)
    _die(pool)
    pool.children[0].process.kill()
    pool.children[0].process.join()
    assert pool.poll()
    assert pool.children == []
    pool.kill()
    assert not pool.poll()


def test_a_child_that_asks_for_a_database_that_is_away_does_not_stall(pool: Pool) -> None:
    child = pool.children[0]
    child.watch()
    child.moved -= 1000.0
    assert child.watch() >= 1000.0
    child.status.knocks.value += 1
    assert child.watch() < 1000.0
    assert not child.loaded


def test_what_a_pool_that_ends_kills_is_given_back(pool: Pool, monitor: SharedMonitor) -> None:
    """However often: a person who does not wait, or a machine that is taken away."""
    for attempt in range(1, 5):
        trial = claim(pool.store, pool.job.id)
        assert (trial.number, trial.attempt) == (0, attempt)
        monitor.claimed(trial)
        child = pool.children[0]
        pool.kill()
        pool.children = [child]
    assert pool.store.trial(pool.job.id, 0).state is TrialState.QUEUED


def test_trials_that_kill_their_workers_end_and_not_the_pool(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two in a row kill six."""
    _sleeping(pool, monkeypatch)
    insert(pool.store, pool.job.id, [make_proposal(1), make_proposal(2)])
    for number in (0, 0, 0, 1, 1, 1):
        trial = claim(pool.store, pool.job.id)
        assert trial.number == number
        SharedMonitor(pool.children[0].status, os.getppid()).claimed(trial)
        _die(pool)
    failed = pool.store.trials(pool.job.id)[:2]
    assert {x.failure for x in failed} == {FailureKind.LOST_WORKER}
    for trial in failed:
        assert trial.message is not None and trial.message.startswith("3 workers died")
    assert pool.deaths.count == 1
    pool.kill()


def test_a_worker_whose_step_does_not_move_is_killed_and_its_trial_lost_once(
    pool: Pool, monitor: SharedMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sleeping(pool, monkeypatch)
    (stalled,) = pool.children
    monitor.claimed(claim(pool.store, pool.job.id))
    monitor.step(1, 30)
    assert pool.poll()
    stalled.moved -= STALL_SECONDS + 1
    wait_until(lambda: pool.poll() and bool(pool.children) and pool.children[0] is not stalled)
    assert stalled.process.exitcode == -signal.SIGKILL
    elsewhere = claim(pool.store, pool.job.id, worker="other")
    assert (elsewhere.number, elsewhere.attempt) == (0, 2)
    assert count_lost(pool.store) == 1
    complete(pool.store, elsewhere, 0.5, 8.0)
    pool.kill()


def test_people_hear_of_a_database_that_is_away(
    pool: Pool, monitor: SharedMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal stood still, its clock too, for as long as a server was away."""
    monkeypatch.setattr(outage, "_PATIENCE_SECONDS", 0.0)
    monitor.claimed(claim(pool.store, pool.job.id))
    away = StoreUnavailable("postgresql://server/jobs", "it is shut down")
    with monkeypatch.context() as missing:
        for name in ("renew", "heartbeat"):
            missing.setattr(Store, name, Mock(side_effect=away))
        for _ in range(3):
            pool.renewed = 0.0
            assert pool.poll()
    (told,) = pool.take_news()
    assert "trials go on" in told and "it is shut down" in told
    pool.renewed = 0.0
    assert pool.poll() and pool.poll()
    (told,) = pool.take_news()
    assert told.startswith("the database answers again, after")


def test_a_dead_worker_costs_no_other_its_trial(pool: Pool, monitor: SharedMonitor) -> None:
    """The database was away, so that all leases had run out as the pool heard of the death."""
    insert(pool.store, pool.job.id, [make_proposal(1)])
    monitor.claimed(claim(pool.store, pool.job.id))
    other = claim(pool.store, pool.job.id, worker="other", seconds=EXPIRED)
    (dead,) = pool.children
    dead.process.kill()
    wait_until(lambda: pool.poll() and dead not in pool.children)
    states = [pool.store.trial(pool.job.id, x).state for x in range(2)]
    assert states == [TrialState.QUEUED, TrialState.RUNNING]
    assert pool.store.renew(other.id, other.attempt, 60.0, "other") and count_lost(pool.store) == 1
    pool.kill()


def test_a_stalled_worker_whose_trial_went_elsewhere_takes_nothing_back(
    pool: Pool, monitor: SharedMonitor
) -> None:
    """Its lease ran out long before it is killed."""
    monitor.claimed(claim(pool.store, pool.job.id, seconds=EXPIRED))
    pool.store.requeue_expired(pool.job.id)
    elsewhere = claim(pool.store, pool.job.id, worker="other")
    pool.kill()
    assert pool.store.trial(pool.job.id, 0).lease_seconds is not None
    complete(pool.store, elsewhere, 0.5, 8.0)
    assert (pool.store.trial(pool.job.id, 0).worker, count_lost(pool.store)) == ("other", 1)


def test_a_parent_that_stood_still_takes_its_trial_back_or_lets_it_be(
    pool: Pool, monitor: SharedMonitor
) -> None:
    """After the lease ran out it renews what nobody claimed, and nothing that somebody did."""
    insert(pool.store, pool.job.id, [make_proposal(1)])
    for taken in (False, True):
        trial = claim(pool.store, pool.job.id, seconds=EXPIRED)
        monitor.claimed(trial)
        monitor.step(1, 30)
        pool.store.requeue_expired(pool.job.id)
        if taken:
            claim(pool.store, pool.job.id, worker="other")
        pool.renewed = 0.0
        assert pool.poll()
        found = pool.store.trial(pool.job.id, trial.number)
        assert (found.attempt, found.worker) == ((2, "other") if taken else (1, "w"))
        assert found.state is TrialState.RUNNING
    assert count_lost(pool.store) == 1
