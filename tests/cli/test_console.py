"""What the front's table says of the job below it."""

from dataclasses import replace
from pathlib import Path

import pytest

from peftsearch.api import DEFAULT_STORAGE
from peftsearch.cli.console import print_front
from peftsearch.records.job import JobState
from peftsearch.records.trial import Reasons
from peftsearch.results.search_result import load_result
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal

EXHAUSTED = "the space has no more"


@pytest.mark.parametrize(
    ("state", "trials", "told"),
    [(JobState.FINISHED, 3, True), (JobState.FINISHED, 1, False), (JobState.STOPPED, 3, False)],
)
def test_a_job_that_ended_before_its_budget_says_why(
    state: JobState,
    trials: int,
    told: bool,
    new_sqlite: NewDatabase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        job = store.create_job(make_spec(budget={"trials": trials}))
        insert(store, job.id, [make_proposal(0)])
        complete(store, claim(store, job.id), 0.5, 1)
        store.set_state(job.id, state)
        print_front(load_result(store, store.find_job(job.name), tmp_path), DEFAULT_STORAGE)
    assert (EXHAUSTED in " ".join(capsys.readouterr().out.split())) is told


@pytest.mark.parametrize(("stop_when", "told"), [("no gain", False), (None, True)])
def test_a_job_that_ended_for_no_gain_has_a_space_left(
    stop_when: str | None,
    told: bool,
    new_sqlite: NewDatabase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Store.open(new_sqlite()) as store:
        job = store.create_job(make_spec(budget={"trials": 9, "stop_when": stop_when}))
        hopeless = [replace(make_proposal(i), reasons=Reasons(0.001, i, ())) for i in range(3)]
        insert(store, job.id, hopeless)
        for i in range(3):
            complete(store, claim(store, job.id), 0.5, 1 + i)
        store.set_state(job.id, JobState.FINISHED)
        print_front(load_result(store, store.find_job(job.name), tmp_path), DEFAULT_STORAGE)
    out = " ".join(capsys.readouterr().out.split())
    assert (EXHAUSTED in out) is told and out.count("less than 1%") == 1
