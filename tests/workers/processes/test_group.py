"""A worker of several processes lives and dies whole."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.engines.plan import LOCAL, EnginePlan
from peftsearch.workers.processes.group import LOST, Group
from tests.conftest import NewDatabase
from tests.waiting import wait_until
from tests.workers.engines.crews import TRIALS, Crew, crew, is_gone, make_spec
from tests.workers.runners import write_texts

LONG = 1000
"""Epochs of trials of many minutes."""


class Fake:
    """A process, by how it ended."""

    def __init__(self, exitcode: int | None) -> None:
        self.exitcode = exitcode

    def is_alive(self) -> bool:
        return self.exitcode is None

    def kill(self) -> None:
        self.exitcode = -9 if self.exitcode is None else self.exitcode

    def join(self, timeout: float | None = None) -> None:
        assert self.exitcode is not None


@pytest.mark.parametrize(
    ("codes", "lives", "end"),
    [
        ((None, None, None), True, None),
        ((None, 0, None), True, None),  # sent away by the first, which has still to leave
        ((None, -11, None), False, -9),
        ((LOST, LOST, -11), False, -11),
        ((0, None, 0), False, 0),
        ((-9, LOST, LOST), False, -9),
    ],
)
def test_one_that_ends_before_its_time_ends_all(
    codes: tuple[int | None, ...], lives: bool, end: int | None, tmp_path: Path
) -> None:
    folder = tmp_path / "group"
    folder.mkdir()
    group = Group([Fake(x) for x in codes], folder)
    assert group.is_alive() is lives
    assert group.exitcode == end
    assert folder.exists() is lives
    assert lives or all(x.exitcode is not None for x in group.members)


@contextlib.contextmanager
def pair(url: str, folders: dict[str, Path], root: Path, epochs: int) -> Iterator[Crew]:
    """Two workers of two processes each."""
    data = write_texts(root / "data.csv")
    with Store.open(url) as store:
        spec = make_spec(folders["bert"], data, epochs)
        with crew(EnginePlan(LOCAL, devices=2), store, url, spec, root) as mine:
            yield mine


def helpers(mine: Crew) -> list[psutil.Process]:
    """Processes of the workers beside those that hold trials."""
    known = {x.pid for x in mine.processes()}
    children = psutil.Process().children()
    return [x for x in children if x.pid not in known and "spawn_main" in " ".join(x.cmdline())]


@pytest.mark.slow
def test_a_process_that_is_killed_costs_no_trial(
    new_sqlite: NewDatabase, folders: dict[str, Path], tmp_path: Path, warm_start: None
) -> None:
    with pair(new_sqlite(), folders, tmp_path, 2) as mine:
        wait_until(lambda: mine.look() and len(mine.processes()) == 2 and mine.running())
        for victim in helpers(mine):
            victim.kill()
        wait_until(lambda: not mine.look())
        assert mine.store.job(mine.job.id).state is JobState.FINISHED
        found = mine.trials()
        assert [trial.state for trial in found] == [TrialState.COMPLETED] * TRIALS
        assert max(trial.attempt for trial in found) == 2
        assert {trial.provenance["devices"] for trial in found} == {2}
        assert sum("died" in line for line in mine.news) == 2
        wait_until(lambda: all(map(is_gone, helpers(mine))))


@pytest.mark.slow
def test_a_group_that_is_asked_to_stop_gives_back_what_it_holds(
    new_sqlite: NewDatabase, folders: dict[str, Path], tmp_path: Path, warm_start: None
) -> None:
    with pair(new_sqlite(), folders, tmp_path, LONG) as mine:
        wait_until(
            lambda: mine.engine.poll() and sum(bool(x.trial) for x in mine.engine.children) == 2
        )
        processes = [*mine.processes(), *helpers(mine)]
        assert len(processes) == 4
        mine.engine.stop()
        asked = time.monotonic()
        wait_until(lambda: not mine.engine.living and all(map(is_gone, processes)))
        assert time.monotonic() - asked < 30
        assert {trial.state for trial in mine.trials()} == {TrialState.QUEUED}
        assert {trial.attempt for trial in mine.trials()} <= {0, 1}
