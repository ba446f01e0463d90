"""What every engine does with the workers of a job: one suite on each of them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.engines.plan import EXTERNAL, EnginePlan
from peftsearch.workers.processes import deaths
from peftsearch.workers.processes.pool import Pool, WorkerError
from tests.conftest import NewDatabase
from tests.waiting import wait_until

from .crews import TRIALS, Crew, crew, is_gone

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("plan", "warm_start")]
LONG = 1000
"""Epochs of trials of many minutes: none ends before a test has looked."""
NewCrew = Callable[..., Iterator[Crew]]


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    return new_sqlite()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as store:
        yield store


def test_a_killed_worker_costs_no_trial_and_the_engine_ends_with_its_job(
    plan: EnginePlan, make_job: Callable[[int], JobSpec], store: Store, url: str, tmp_path: Path
) -> None:
    with crew(plan, store, url, make_job(2), tmp_path) as mine:
        wait_until(lambda: mine.look() and len(mine.processes()) == 2 and mine.running())
        wait_until(lambda: mine.look() and any(child.trial for child in mine.engine.children))
        victim = mine.kill_one()
        wait_until(lambda: not mine.look())
        assert not mine.engine.children
    assert store.job(mine.job.id).state is JobState.FINISHED
    found = mine.trials()
    assert [trial.state for trial in found] == [TrialState.COMPLETED] * TRIALS
    assert [trial.number for trial in found] == list(range(TRIALS))
    assert len({(trial.key, trial.seed) for trial in found}) == TRIALS
    assert found[victim.number].attempt == 2
    told = [line for line in mine.news if "died" in line]
    assert len(told) == (0 if plan.name == EXTERNAL else 1)


def test_who_is_asked_to_stop_gives_back_what_it_holds_and_leaves(
    plan: EnginePlan, make_job: Callable[[int], JobSpec], store: Store, url: str, tmp_path: Path
) -> None:
    with crew(plan, store, url, make_job(LONG), tmp_path) as mine:
        wait_until(lambda: mine.engine.poll() and len(mine.running()) == 2)
        wait_until(
            lambda: mine.engine.poll() and sum(bool(x.trial) for x in mine.engine.children) == 2
        )
        processes = mine.processes()
        assert len(processes) == 2
        mine.leave()
        asked = time.monotonic()
        wait_until(lambda: not mine.engine.living and all(map(is_gone, processes)))
        assert time.monotonic() - asked < 10
        assert {trial.state for trial in mine.trials()} == {TrialState.QUEUED}


def test_killed_engines_leave_nothing_behind(
    plan: EnginePlan, make_job: Callable[[int], JobSpec], store: Store, url: str, tmp_path: Path
) -> None:
    if plan.name == EXTERNAL:
        pytest.skip("it starts nothing, so that nothing of its own is left")
    with crew(plan, store, url, make_job(LONG), tmp_path) as mine:
        wait_until(lambda: mine.engine.poll() and any(x.trial for x in mine.engine.children))
        processes = mine.processes()
        mine.engine.kill()
        wait_until(lambda: all(map(is_gone, processes)), seconds=10)
        assert not mine.engine.children and not mine.engine.poll()
        assert not mine.running() and store.workers(mine.job.id) == []


def test_a_worker_that_cannot_start_is_told(
    plan: EnginePlan, make_job: Callable[[int], JobSpec], store: Store, url: str, tmp_path: Path
) -> None:
    with crew(plan, store, url, make_job(LONG), tmp_path, device="cuda:7") as mine:
        if plan.name == EXTERNAL:
            mine.engine.poll()
            (told,) = mine.engine.take_news()
            assert told.startswith("no worker is there; `peftsearch worker tiny`")
            return
        with pytest.raises(WorkerError, match="a device of this machine.*cuda:7") as caught:
            wait_until(lambda: not mine.engine.poll())
    assert caught.value.exit_code == 2


def test_deaths_in_a_row_end_an_engine(
    plan: EnginePlan,
    make_job: Callable[[int], JobSpec],
    store: Store,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if plan.name == EXTERNAL:
        pytest.skip("who starts workers counts their deaths")
    monkeypatch.setattr(deaths, "LIMIT", 1)
    with crew(plan, store, url, make_job(LONG), tmp_path) as mine:
        assert isinstance(mine.engine, Pool)
        wait_until(lambda: mine.engine.poll() and len(mine.processes()) == 2)
        with pytest.raises(WorkerError, match="died 2 times with no trial ended between.*SIGKILL"):
            for process in mine.processes():
                process.kill()
            wait_until(lambda: not mine.engine.poll())
