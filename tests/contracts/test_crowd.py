"""Contract: of many workers that wait as many look around as have something to do.

They take turns in one process, by a clock that stands still: what they ask is counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from peftsearch.records.job import JobState
from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.storage.hours_left import HoursLeft
from peftsearch.storage.store import Store
from peftsearch.workers.processes import loop, replenishing, waiting
from peftsearch.workers.processes.lease_times import RENEW_SECONDS
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.processes.replenishing import Replenisher
from peftsearch.workers.processes.standstill import Standstill
from peftsearch.workers.processes.waiting import LONGEST_SECONDS, Waiting
from tests.search.jobs import lora
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, LEASE, claim, complete, insert, make_proposal
from tests.workers.monitors import Watcher

WORKERS, TRIALS = 8, 16


class Crowd:
    """Workers of one job; one that holds a trial takes no turn until it has ended."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store, self.job = store, store.create_job(make_spec(trials=TRIALS))
        self.held: dict[str, Trial] = {}
        self.asked: Counter[str] = Counter()
        self.clock = 0.0
        runner: Any = SimpleNamespace(prepared=True, describe=lambda: self.job.spec.anatomy)
        names = [f"w{i}" for i in range(WORKERS)]
        for name in names:
            store.register_worker(self.job.id, name, "host", 1, "cpu")
        known = store, self.job, runner, root
        self.loops = {x: WorkerLoop(x, *known, Watcher()) for x in names}
        for began in self.loops.values():
            began._standstill = Standstill(began=0.0)  # long ago

    def take_turns(self) -> int:
        """Of those that hold nothing; how many go on."""
        return sum(x._turn() for name, x in self.loops.items() if name not in self.held)

    def end(self, trials: int) -> None:
        """Those that began first."""
        for name, trial in list(self.held.items())[:trials]:
            complete(self.store, trial, 0.5 + trial.number / 1000, 1.0 + trial.number)
            del self.held[name]

    def until(self, holds: Callable[[], object]) -> None:
        """Turns until it holds."""
        for _ in range(100):
            if holds():
                return
            self.take_turns()
        raise AssertionError("it never came to hold")


@pytest.fixture
def crowd(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    crowd = Crowd(store, tmp_path)
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: crowd.clock))
    monkeypatch.setattr(replenishing, "propose_each", _propose)
    for name in ("claim", "requeue_expired", "take_suggestion_lease"):
        _count(monkeypatch, crowd, name)

    def work(self: WorkerLoop, trial: Trial) -> None:
        crowd.held[self.name] = trial

    monkeypatch.setattr(WorkerLoop, "_work", work)
    yield crowd


def _propose(spec: Any, trials: list[Trial], asked: int, *rest: Any) -> Iterator[Proposal]:
    for number in range(len(trials), len(trials) + asked):
        yield Proposal(lora(1 + number), number, "search")


def _count(monkeypatch: pytest.MonkeyPatch, crowd: Crowd, name: str) -> None:
    original = getattr(Store, name)

    def ask(self: Store, *args: Any, **options: Any) -> Any:
        crowd.asked[name] += 1
        return original(self, *args, **options)

    monkeypatch.setattr(Store, name, ask)


def _spend(crowd: Crowd) -> None:
    """The budget, until a few trials are left that run, and all others wait."""
    while sum(crowd.store.counts(crowd.job.id).values()) < TRIALS or len(crowd.held) > 3:
        crowd.take_turns()
        crowd.end(2)
    for _ in range(40):
        crowd.take_turns()
    crowd.asked.clear()


def test_a_job_takes_as_many_claims_as_it_has_trials(crowd: Crowd) -> None:
    while crowd.take_turns() or crowd.held:
        crowd.end(2)
    assert crowd.store.job(crowd.job.id).state is JobState.FINISHED
    assert crowd.store.counts(crowd.job.id)[TrialState.COMPLETED] == TRIALS
    assert crowd.asked["claim"] == TRIALS


def test_while_nothing_changes_nobody_looks_around(crowd: Crowd) -> None:
    _spend(crowd)
    crowd.take_turns()
    assert not crowd.asked
    crowd.clock += RENEW_SECONDS
    for _ in range(10):
        crowd.take_turns()
    assert 3 < crowd.asked["requeue_expired"] < 30  # about one a round
    assert not crowd.asked["claim"] and not crowd.asked["take_suggestion_lease"]


def test_however_many_wait_each_looks_around_in_the_end(crowd: Crowd) -> None:
    _spend(crowd)
    crowd.clock += LONGEST_SECONDS
    crowd.take_turns()
    assert crowd.asked["requeue_expired"] == WORKERS - len(crowd.held)


def test_a_trial_that_is_given_back_or_lost_is_claimed_once(crowd: Crowd) -> None:
    _spend(crowd)
    before = len(crowd.held)
    name, trial = crowd.held.popitem()
    del crowd.loops[name]
    crowd.store.unregister_worker(name)
    crowd.store.give_back(trial.id, trial.attempt)
    crowd.until(lambda: len(crowd.held) == before)
    assert crowd.asked["claim"] == 1
    lost = next(x for x in crowd.held if crowd.held[x].id == trial.id)
    again = crowd.held.pop(lost)
    del crowd.loops[lost]
    assert crowd.store.renew(again.id, again.attempt, EXPIRED)
    crowd.until(lambda: len(crowd.held) == before)
    assert crowd.asked["claim"] == 2
    assert crowd.store.trial(crowd.job.id, trial.number).attempt == trial.attempt + 2


def test_a_stop_is_noticed_by_all_at_once(crowd: Crowd) -> None:
    _spend(crowd)
    crowd.store.set_state(crowd.job.id, JobState.STOPPED)
    assert crowd.take_turns() == 0
    assert not crowd.asked["claim"]


def test_a_raised_budget_wakes_those_that_wait(crowd: Crowd) -> None:
    _spend(crowd)
    spec = crowd.store.job(crowd.job.id).spec
    raised = spec.model_copy(update={"budget": BudgetSpec(trials=TRIALS + 5, hours=None)})
    crowd.store.change_budget(crowd.job.id, raised)
    crowd.clock += RENEW_SECONDS
    before = len(crowd.held)
    crowd.until(lambda: len(crowd.held) == before + 5)
    assert crowd.asked["claim"] == 5
    assert sum(crowd.store.counts(crowd.job.id).values()) == TRIALS + 5


def test_of_many_that_see_the_same_as_many_stir_as_can_be_served(store: Store) -> None:
    """All look at once, before any claims."""
    job = store.create_job(make_spec(trials=200))
    crowd = [Waiting(store, job.id, f"w{i}") for i in range(24)]
    for i, each in enumerate(crowd):
        store.register_worker(job.id, f"w{i}", "host", 1, "cpu")
        assert not each.in_vain()
        each.found_nothing()

    def stir() -> int:
        """Those that would, who wait again."""
        woken = [x for x in crowd if not x.in_vain()]
        for each in woken:
            each.found_nothing()
        return len(woken)

    def stir_at(trials: int, seed: int) -> int:
        """Those that would as so many are queued, which are taken then."""
        insert(store, job.id, [make_proposal(trials * seed + i) for i in range(trials)])
        stirred = stir()
        for _ in range(trials):
            complete(store, claim(store, job.id), 0.5, 1.0)
        for each in crowd:
            each.in_vain()
            each.found_nothing()
        return stirred

    assert stir() == 0
    assert 5 < sum(stir_at(1, i) for i in range(10)) < 20
    assert 5 * 12 < sum(stir_at(15, 1 + i) for i in range(5)) < 5 * 20
    insert(store, job.id, [make_proposal(1000)])
    for each in crowd:
        each.in_vain()
        each.found_nothing(late=True)
    assert stir() == 0


def test_the_last_one_alive_is_drawn_though_many_dead_are_counted(store: Store) -> None:
    job = store.create_job(make_spec())
    for i in range(64):
        store.register_worker(job.id, f"w{i}", "host", 1, "cpu")
    for i in range(8):
        one = Waiting(store, job.id, f"w{i}")
        assert not one.in_vain()
        one.found_nothing()
        insert(store, job.id, [make_proposal(i)])
        assert any(not one.in_vain() for _ in range(7))
        complete(store, claim(store, job.id), 0.5, 1.0)


def test_hours_that_are_raised_free_what_is_queued_for_all_that_wait(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.take_turns()
    crowd.end(WORKERS - 1)
    with monkeypatch.context() as out_of_hours:
        out_of_hours.setattr(HoursLeft, "used_up", lambda *_: True)
        crowd.take_turns()
    assert len(crowd.held) == 1 and crowd.store.queued(crowd.job.id) == WORKERS - 1
    crowd.clock += RENEW_SECONDS
    crowd.take_turns()
    assert len(crowd.held) == WORKERS


def test_who_loses_the_lease_while_it_computes_adds_nothing(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = store.create_job(make_spec())
    for name in ("w", "rival", "third"):
        store.register_worker(job.id, name, "host", 1, "cpu")

    def lose(*given: Any) -> Iterator[Proposal]:
        yield Proposal(lora(1), 0, "search")
        with Store.open(database_url) as other:
            token = other.take_suggestion_lease(job.id, "rival", LEASE)
            assert token is not None
            other.insert(job.id, token, [Proposal(lora(9), 9, "search")], [{}])
        yield Proposal(lora(2), 1, "search")
        yield Proposal(lora(3), 2, "search")

    monkeypatch.setattr(replenishing, "propose_each", lose)
    monkeypatch.setattr(replenishing, "SUGGESTION_SECONDS", EXPIRED)
    monkeypatch.setattr(replenishing, "_SECONDS", 0.0)
    one = Replenisher(store, job, "w", lambda spec: spec)
    assert one.replenish(job.spec.budget)
    assert [x.configuration for x in store.trials(job.id)] == [lora(1), lora(9)]
    assert store.signs(job.id).proposer == "rival" and not one.stays
    assert claim(store, job.id).number == 0
    assert replace(store.signs(job.id), queued=0).trials == 2
