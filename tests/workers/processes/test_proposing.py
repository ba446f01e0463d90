"""A proposal that takes longer than the suggestion lease is queued, once."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from peftsearch.records.job import JobState
from peftsearch.records.trial import Proposal, Reasons, Trial, TrialState
from peftsearch.search.proposals import propose_each as propose_at_once
from peftsearch.storage.clock import now
from peftsearch.storage.schema import jobs
from peftsearch.storage.store import Store
from peftsearch.workers.processes import proposing, replenishing
from peftsearch.workers.processes.loop import WorkerLoop
from tests.search.jobs import emulate, lora
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, LEASE, claim, complete, insert
from tests.waiting import wait_until
from tests.workers.monitors import Watcher


def _held(url: str) -> bool:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return bool(connection.execute(select(jobs.c.suggestion_until > now())).scalar_one())


def _turn(url: str, propose: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[Trial]:
    """What one turn queues that proposes while its lease has run out from the beginning."""

    def slow(*arguments: Any) -> Iterator[Proposal]:
        propose()
        yield from propose_at_once(*arguments)

    monkeypatch.setattr(replenishing, "propose_each", slow)
    monkeypatch.setattr(replenishing, "SUGGESTION_SECONDS", EXPIRED)
    monkeypatch.setattr(proposing, "SUGGESTION_SECONDS", LEASE)
    monkeypatch.setattr(proposing, "SUGGESTION_RENEW_SECONDS", 0.01)
    with Store.open(url) as store:
        job = store.create_job(make_spec())
        store.register_worker(job.id, "w", "host", 1, "cpu")
        runner: Any = SimpleNamespace(describe=lambda: job.spec.anatomy)  # nothing is trained
        WorkerLoop("w", store, job, runner, Path(), Watcher())._replenish(job.spec.budget)
        assert store.job(job.id).state is JobState.RUNNING
        return store.trials(job.id)


def test_a_lease_is_renewed_while_its_holder_computes(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compute() -> None:
        wait_until(lambda: _held(database_url))
        with Store.open(database_url) as other:
            job = other.jobs()[0]
            assert other.take_suggestion_lease(job.id, "rival", LEASE) is None

    assert [x.number for x in _turn(database_url, compute, monkeypatch)] == [0]


@pytest.mark.parametrize(("stop_when", "queued"), [("no gain", 0), (None, 1)])
def test_a_job_that_expects_no_gain_ends_if_it_is_to(
    store: Store, stop_when: str | None, queued: int
) -> None:
    job = store.create_job(make_spec(budget={"trials": 50, "stop_when": stop_when}))
    store.register_worker(job.id, "w", "host", 1, "cpu")
    hopeless = [
        Proposal(lora(i + 1), i, "search", reasons=Reasons(0.001, i, ())) for i in range(3)
    ]
    for trial in insert(store, job.id, hopeless):
        complete(store, claim(store, job.id), 0.5, 8.0 + trial.number)
    runner: Any = SimpleNamespace(describe=lambda: job.spec.anatomy)  # nothing is trained
    loop_ = WorkerLoop("w", store, job, runner, Path(), Watcher())
    assert loop_._replenish(job.spec.budget) is bool(queued)
    assert store.counts(job.id)[TrialState.QUEUED] == queued


def test_a_lease_of_one_that_broke_lapses(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _turn(database_url, break_down, monkeypatch)
    with Store.open(database_url) as other:
        assert other.take_suggestion_lease(other.jobs()[0].id, "rival", LEASE) is not None


def _ask_in_turn(store: Store, name: str, askers: Sequence[str], surrogate: str) -> list[Trial]:
    """What is proposed where these workers ask, one after the other, and the same trains."""
    search = {"recipes": "none", "design": 4, "surrogate": surrogate}
    job = store.create_job(make_spec(name=name, trials=20, search=search))
    store.register_worker(job.id, "w", "host", 1, "cpu")
    runner: Any = SimpleNamespace(describe=lambda: job.spec.anatomy)  # nothing is trained
    loops = {x: WorkerLoop(x, store, job, runner, Path(), Watcher()) for x in set(askers)}
    for asker in askers:
        assert loops[asker]._replenish(job.spec.budget)
        trial = claim(store, job.id)
        quality = emulate(trial.configuration) + 0.01 * np.sin(trial.number)
        complete(store, trial, float(quality), 8.0)
    return store.trials(job.id)


@pytest.mark.parametrize("surrogate", ["gp", "rtf"])
def test_what_is_proposed_does_not_depend_on_who_asks(store: Store, surrogate: str) -> None:
    """It is a function of the job's seed, the trial's number and the records: what a worker
    remembers, and its name, change nothing."""
    one = _ask_in_turn(store, "one", ["w"] * 7, surrogate)
    several = _ask_in_turn(store, "several", ["w", "b", "c", "b", "d", "w", "e"], surrogate)
    seen = [[(x.number, x.key, x.seed, x.origin, x.reasons) for x in y] for y in (one, several)]
    assert seen[0] == seen[1]
    assert [x.origin for x in one][-2:] == ["search"] * 2
