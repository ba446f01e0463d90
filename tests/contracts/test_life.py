"""Contract: what each action makes of a job in each state, through each of the three doors."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import NotFoundError
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Proposal
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import files_root, job_folder
from tests.conftest import NewDatabase
from tests.service.launches import spec_of, write_workshop
from tests.service.sites import client_of, open_site
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_unreadable

from .doors import CommandLine, Door, HttpApi, PythonApi, Refusal

NAME = "job"
BUDGET = {"trials": 4}
BUDGETS: Mapping[str, Mapping[str, float]] = {
    "same": BUDGET,
    "more": {"trials": 9},
    "less": {"trials": 3},
    "spent": {"trials": 2},
    "hours": {"hours": 1e-12},
}
"""Of the actions that resume with one; there are 4 trials in a finished job, 3 in others."""
OTHER = {"max_length": 24}
"""A job of the same name that is another search."""

ACTIONS: Mapping[str, Callable[[Door, dict[str, Any]], Refusal | None]] = {
    "launch": lambda door, spec: door.launch(spec | {"task": spec["task"] | OTHER}),
    "resume": lambda door, spec: door.resume(NAME, {}),
    "same": lambda door, spec: door.resume(NAME, BUDGETS["same"]),
    "more": lambda door, spec: door.resume(NAME, BUDGETS["more"]),
    "less": lambda door, spec: door.resume(NAME, BUDGETS["less"]),
    "spent": lambda door, spec: door.resume(NAME, BUDGETS["spent"]),
    "hours": lambda door, spec: door.resume(NAME, BUDGETS["hours"]),
    "stop": lambda door, spec: door.stop(NAME),
    "delete": lambda door, spec: door.delete(NAME),
}

TABLE = """
            launch    resume    same      more      less      spent     hours     stop      delete
absent      running   none      none      none      none      none      none      none      none
running     taken     running   running   running   running   used      used      stopped   runs
at-work     taken     running   running   running   running   used      used      stopped   runs
stopped     taken     running   running   running   running   used      used      stopped   gone
leaving     taken     running   running   running   running   used      used      stopped   worked
finished    taken     ended     used      running   used      used      used      finished  gone
confirming  taken     ended     used      running   used      used      used      finished  busy
"""
"""`at-work` runs and has a live worker, `leaving` is stopped and has one still, `confirming` is
finished and `confirm` works on it.

A cell is the state after the action, or why it is refused and the job stays as it was.
"""

REFUSALS = {
    "none": ("missing", "expected a job"),
    "taken": ("conflict", "job"),
    "ended": ("conflict", "which is finished; resume it with a larger budget"),
    "used": ("conflict", "expected a budget of "),
    "runs": ("conflict", "which is running; stop it before"),
    "worked": ("conflict", "with nobody at work on it; got a worker in process "),
    "busy": ("conflict", "with nobody at work on it; got confirm in process "),
}


def cells() -> list[tuple[str, str, str]]:
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    return [
        (state, action, outcome)
        for state, *outcomes in rows
        for action, outcome in zip(head, outcomes, strict=True)
    ]


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of the job, as a person writes it."""
    workshop = write_workshop(tmp_path_factory.mktemp("workshop"))
    task = {"train": str(workshop / "data.csv")}
    return spec_of(NAME, model={"path": str(workshop / "model")}, task=task, budget=BUDGET)


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    """Of a fresh database."""
    return new_sqlite()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """It holds another job."""
    with Store.open(url) as store:
        store.create_job(make_spec("another"))
        yield store


@pytest.fixture(params=["command", "python", "http"])
def door(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[Door]:
    """Each test runs through each door to the store."""
    if request.param == "http":
        with client_of(open_site(url)) as client:
            yield HttpApi(client)
    else:
        yield (
            CommandLine(tmp_path, url) if request.param == "command" else PythonApi(tmp_path, url)
        )


def put(store: Store, spec: dict[str, Any], state: str) -> Job | None:
    """Bring a job into a state: with 4 trials done, or with 2 done and one that waits."""
    if state == "absent":
        return None
    job = store.create_job(complete_spec(spec, Path()))
    finished = state in ("finished", "confirming")
    insert(store, job.id, [_proposal(index) for index in range(4 if finished else 3)])
    for _ in range(4 if finished else 2):
        complete(store, claim(store, job.id), 0.5, 1.0)
    if state in ("at-work", "leaving"):
        store.register_worker(job.id, "w", socket.gethostname(), os.getpid(), "cpu")
    if state == "confirming":
        store.register_worker(job.id, "c", socket.gethostname(), os.getpid(), "cpu", "confirm")
    if state not in ("running", "at-work"):
        store.set_state(job.id, JobState.FINISHED if finished else JobState.STOPPED)
    return store.find_job(NAME)


def _proposal(index: int) -> Proposal:
    """Fits the model of 2 layers."""
    modules = (Module("lora", index + 1, ("query", "value")),)
    return Proposal(Configuration((Stratum(0, 2, modules),), 1e-3), 0, "search")


def look(store: Store) -> Job | None:
    """The job as it is now."""
    try:
        return store.find_job(NAME)
    except NotFoundError:
        return None


@pytest.mark.parametrize(("state", "action", "outcome"), cells())
def test_each_action_in_each_state(
    door: Door, store: Store, spec: dict[str, Any], state: str, action: str, outcome: str
) -> None:
    before = put(store, spec, state)
    refusal = ACTIONS[action](door, spec)
    after = look(store)
    if outcome in REFUSALS:
        kind, part = REFUSALS[outcome]
        assert refusal is not None and part in refusal.line
        assert refusal.kind in (kind, "mistake")
        assert after == before
    elif outcome == "gone":
        assert (refusal, after) == (None, None)
    else:
        assert refusal is None and after is not None
        assert after.state == outcome
        assert after.spec.budget.model_dump(exclude_none=True) == BUDGETS.get(action, BUDGET)


def test_a_deleted_job_leaves_no_files_and_its_name_is_free(
    door: Door, store: Store, url: str, spec: dict[str, Any]
) -> None:
    put(store, spec, "stopped")
    folder = files_root(url) / job_folder(store.find_job(NAME))
    other = files_root(url) / f"{NAME}-{'0' * 32}" / "trials"
    for place in (folder / "trials", other):
        place.mkdir(parents=True)
    assert door.delete(NAME) is None
    assert not folder.exists() and other.exists()
    assert door.launch(spec) is None
    assert [job.name for job in store.jobs()] == ["another", NAME]


def test_a_job_that_cannot_be_read_here_can_be_ended_and_not_resumed(
    door: Door, store: Store, url: str, spec: dict[str, Any]
) -> None:
    put(store, spec, "running")
    make_unreadable(url, NAME)
    assert door.stop(NAME) is None
    assert store.pulse(NAME).state is JobState.STOPPED
    refusal = door.resume(NAME, {})
    assert refusal is not None and refusal.kind == "mistake"
    assert f"a spec of job {NAME!r} that can be read here" in refusal.line
    assert store.pulse(NAME).state is JobState.STOPPED
    assert door.delete(NAME) is None
    assert [job.name for job in store.jobs()] == ["another"]
