"""A worker that waits for jobs: which it takes, and which it leaves alone."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import StoreDamaged, StoreUnavailable
from peftsearch.jobs import local_pool, waiting
from peftsearch.jobs.waiting import Waiter
from peftsearch.records.job import Job, JobState, Pulse
from peftsearch.storage.store import Store
from peftsearch.workers.processes.pool import WorkerError
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage.examples import make_unreadable

Turn = Callable[[Store, Job], bool]


class Silent:
    def update(self, pool: object) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def stop(self, pool: object, seconds: float) -> None:
        """Show nothing."""


@pytest.fixture
def store(new_sqlite: NewDatabase) -> Iterator[Store]:
    with Store.open(new_sqlite()) as store:
        yield store


def wait(
    store: Store, turn: Turn, monkeypatch: pytest.MonkeyPatch, limit: int = 9
) -> tuple[list[str], list[str]]:
    """Let a waiter work by `turn` until that returns False; the jobs it took, and its lines.

    A pool of real workers would take seconds for each turn; the end-to-end tests have one.
    """
    taken: list[str] = []
    lines: list[str] = []

    def run_pool(store: Store, job: Job, *_: Any) -> signal.Signals | None:
        assert len(taken) < limit
        taken.append(job.name)
        return None if turn(store, job) else signal.SIGINT

    monkeypatch.setattr(waiting, "run_pool", run_pool)
    monkeypatch.setattr(waiting, "_POLL_SECONDS", 0.0)
    Waiter(store, "", Path(), 1, "cpu", lines.append, lambda *_: Silent()).run()
    return taken, lines


def test_the_oldest_running_job_comes_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        store.create_job(make_spec(name))
    store.set_state(store.find_job("a").id, JobState.STOPPED)

    def finish(store: Store, job: Job) -> bool:
        store.set_state(job.id, JobState.FINISHED)
        return job.name != "c"

    taken, lines = wait(store, finish, monkeypatch)
    assert taken == ["b", "c"]
    assert lines[1:] == ["working on job b", "working on job c"]


def test_a_job_that_cannot_start_is_tried_again_when_its_spec_changes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = store.create_job(make_spec("broken")), store.create_job(make_spec("fine"))

    def turn(store: Store, job: Job) -> bool:
        if job.name == "broken" and job.spec == broken.spec:
            raise WorkerError("no such model")
        if job.name == "broken":
            return False
        if store.find_job("fine").spec == fine.spec:
            store.change_budget(fine.id, make_spec("fine", trials=200))
        else:
            store.change_budget(broken.id, make_spec("broken", trials=200))
        return True

    taken, lines = wait(store, turn, monkeypatch)
    assert taken == ["broken", "fine", "fine", "broken"]
    told = [line for line in lines if "tried again" in line]
    assert told == ["job broken is tried again in 30 s, or when it changes: no such model"]


def test_a_job_that_cannot_start_is_tried_again_after_pauses_that_grow(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong may be mended on this machine, and nothing in the database changes."""
    store.create_job(make_spec("broken"))
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.001)

    def turn(store: Store, job: Job) -> bool:
        turns.append(job.name)
        if len(turns) < 4:
            raise WorkerError("the disk is full")
        return False

    turns: list[str] = []
    taken, lines = wait(store, turn, monkeypatch)
    assert taken == ["broken"] * 4
    assert len([line for line in lines if "the disk is full" in line]) == 3


def test_a_job_that_was_stopped_and_resumed_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = store.create_job(make_spec("broken"))
    store.create_job(make_spec("fine"))
    turns = iter([None, JobState.STOPPED, JobState.RUNNING])

    def turn(store: Store, job: Job) -> bool:
        if job.name == "broken":
            if next(turns) is None:
                raise WorkerError("no such model")
            return False
        if store.find_job("broken").state is JobState.RUNNING:
            store.set_state(broken.id, JobState.STOPPED)
        else:
            store.set_state(broken.id, JobState.RUNNING)
        return True

    assert wait(store, turn, monkeypatch)[0] == ["broken", "fine", "fine", "broken"]


def test_a_database_that_is_away_is_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create_job(make_spec("a"))
    away = iter([True, False])

    def turn(store: Store, job: Job) -> bool:
        if next(away):
            raise StoreUnavailable("sqlite:///x", "gone")
        return False

    taken, lines = wait(store, turn, monkeypatch)
    assert taken == ["a", "a"]
    assert "expected the database sqlite:///x to answer" in lines[2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_as_it_should(number: signal.Signals, store: Store) -> None:
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        signal.raise_signal(number)

    before = signal.getsignal(number)
    Waiter(store, "", Path(), 1, "cpu", say, lambda *_: Silent()).run()
    assert lines == ["waiting for jobs; Ctrl-C ends it"]
    assert signal.getsignal(number) is before


def test_a_job_that_cannot_be_read_here_is_left_to_others(
    new_sqlite: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        store.create_job(make_spec("strange"))
        fine = store.create_job(make_spec("fine"))
        make_unreadable(url, "strange")

        def turn(store: Store, job: Job) -> bool:
            if job.name == "strange":
                return not local_pool.run_pool(store, job, url, tmp_path, 1, "cpu", Silent())
            done = job.spec != fine.spec
            store.change_budget(fine.id, make_spec("fine", trials=200))
            return not done

        taken, lines = wait(store, turn, monkeypatch)
    assert taken == ["strange", "fine", "fine"]
    (told,) = [line for line in lines if "tried again" in line]
    assert "got '<b>grades</b>'" in told


def test_a_database_that_is_damaged_is_not_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is away is."""
    store.create_job(make_spec("a"))
    faults = [StoreUnavailable("d", "away"), StoreDamaged("d", "malformed", "jobs.db")]

    def pulses(own: Store) -> list[Pulse]:
        raise faults.pop(0)

    monkeypatch.setattr(Store, "pulses", pulses)
    with pytest.raises(StoreDamaged, match="--salvage jobs.db"):
        wait(store, lambda *_: False, monkeypatch)
    assert faults == []
