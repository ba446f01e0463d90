"""A Ray cluster of two nodes: what it refuses, what it waits for, and a node that is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from peftsearch.errors import UserError
from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.engines.making import check_engine
from peftsearch.workers.engines.plan import RAY, EnginePlan
from tests.conftest import NewDatabase
from tests.ray_clusters import NODE
from tests.specs import make_spec
from tests.waiting import wait_until

from .crews import TRIALS, Crew, crew, is_gone

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("two_nodes")]
NOBODY = "127.0.0.1:1"


def test_a_file_of_one_machine_is_refused(two_nodes: Any, new_sqlite: NewDatabase) -> None:
    with pytest.raises(UserError) as caught:
        check_engine(EnginePlan(RAY, two_nodes.address), new_sqlite())
    assert "got SQLite, a file of one machine, and a cluster of 2 nodes" in str(caught.value)


def test_a_cluster_that_is_not_there_is_one_line(new_sqlite: NewDatabase) -> None:
    import ray

    ray.shutdown()  # else the one that was reached before is taken
    with pytest.raises(UserError, match=f"a Ray cluster at {NOBODY}; got .*refused"):
        check_engine(EnginePlan(RAY, NOBODY), new_sqlite())


@pytest.mark.postgres
def test_workers_without_room_wait_and_are_told_of(
    two_nodes: Any, new_postgres: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peftsearch.workers.engines import ray_pool

    monkeypatch.setattr(ray_pool, "_ROOM_SECONDS", 0.0)
    plan, url = EnginePlan(RAY, two_nodes.address, cpus=16), new_postgres()
    with Store.open(url) as store, crew(plan, store, url, make_spec(), tmp_path) as mine:
        told = _told(mine, "2 of 2 workers wait for room, or for Ray to start them: each takes")
    assert "each takes 16 CPU, and the Ray cluster has 2 CPU and 0 GPU" in told


@pytest.mark.postgres
def test_a_lost_node_costs_no_trial_and_one_that_joins_works(
    two_nodes: Any,
    new_postgres: NewDatabase,
    make_job: Callable[[int], JobSpec],
    tmp_path: Path,
    warm_test: None,
) -> None:
    plan, url = EnginePlan(RAY, two_nodes.address), new_postgres()
    with Store.open(url) as store, crew(plan, store, url, make_job(8), tmp_path) as mine:
        wait_until(lambda: mine.engine.poll() and all(x.trial for x in mine.engine.children))
        assert len(mine.running()) == 2
        processes = mine.processes()
        two_nodes.remove_node(next(iter(two_nodes.worker_nodes)), allow_graceful=False)
        told = _told(mine, "died")
        two_nodes.add_node(**NODE)
        wait_until(lambda: not mine.engine.poll() or len(_new(mine, processes)) == 1)
        wait_until(lambda: not mine.engine.poll())
        found = mine.trials()
        assert store.job(mine.job.id).state is JobState.FINISHED
    assert "lost" in told and "another one starts now" in told
    assert [trial.state for trial in found] == [TrialState.COMPLETED] * TRIALS
    assert len({(trial.key, trial.seed) for trial in found}) == TRIALS
    assert [trial.attempt for trial in found].count(2) == 1
    wait_until(lambda: all(map(is_gone, processes)))


def _told(mine: Crew, words: str) -> str:
    """The line of news with these words, once it comes."""
    news: list[str] = []

    def look() -> bool:
        assert mine.engine.poll()
        news.extend(mine.engine.take_news())
        return any(words in line for line in news)

    wait_until(look)
    return next(line for line in news if words in line)


def _new(mine: Crew, known: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in mine.processes() if process not in known]
