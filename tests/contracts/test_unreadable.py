"""Contract: a job whose spec cannot be read here, beside others that can."""

import pickle
from dataclasses import replace

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs import life
from peftsearch.records.job import Job, JobState
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import (
    UNREADABLE,
    claim,
    complete,
    insert,
    make_proposal,
    make_unreadable,
)

LINE = "a spec of job 'strange' that can be read here"


@pytest.fixture
def strange(store: Store, database_url: str) -> Job:
    """A running job of a kind that is not known here, older than the readable `fine`."""
    store.create_job(make_spec("strange"))
    store.create_job(make_spec("fine"))
    make_unreadable(database_url, "strange")
    return store.find_job("strange")


@pytest.mark.parametrize("what", UNREADABLE)
def test_it_is_listed_with_one_line_why(store: Store, database_url: str, what: str) -> None:
    for name in ("strange", "fine"):
        store.create_job(make_spec(name))
    make_unreadable(database_url, "strange", what)
    strange, fine = store.jobs()
    assert (strange.name, strange.state, strange.event) == ("strange", JobState.RUNNING, 0)
    assert strange.problem is not None and LINE in strange.problem
    assert "\n" not in strange.problem
    assert (fine.problem, fine.spec) == (None, make_spec("fine"))
    assert store.find_job("strange") == strange
    assert [pulse.name for pulse in store.pulses()] == ["strange", "fine"]


def test_whoever_needs_its_spec_is_told_the_same_line(store: Store, strange: Job) -> None:
    for ask in (
        lambda: strange.spec,
        lambda: pickle.loads(pickle.dumps(strange)).spec,
        lambda: store.front(strange.id),
        lambda: store.change_budget(strange.id, make_spec("strange", trials=7)),
        lambda: life.resume(store, "strange"),
        lambda: life.create_or_resume(store, make_spec("strange")),
    ):
        with pytest.raises(UserError, match=LINE) as told:
            ask()
        assert str(told.value) == strange.problem
    assert store.find_job("strange") == strange


def test_a_user_s_own_configuration_may_name_what_is_not_here() -> None:
    document = make_spec("strange", tries=[make_proposal(1).configuration]).to_json()
    job = Job(1, "strange", document, JobState.RUNNING, 0, 0.0, "0" * 32)
    assert job.problem is None
    document["try"][0]["strata"][1]["modules"][0]["technique"] = "zlora"
    problem = replace(job, document=document).problem
    assert problem is not None and "got 'zlora'" in problem


def test_trials_of_others_are_claimed_and_completed(store: Store, strange: Job) -> None:
    fine = store.find_job("fine")
    insert(store, fine.id, [make_proposal(0)])
    complete(store, claim(store, fine.id), 0.5, 10.0)
    assert [point.trials for point in store.front(fine.id)] == [(0,)]
    assert store.find_job("fine").event == 1


def test_it_ends_without_being_read(store: Store, strange: Job) -> None:
    store.set_state(strange.id, JobState.FINISHED)
    assert store.lock_job(strange.id).state is JobState.FINISHED
    assert store.requeue_expired(strange.id) == []
    store.delete_job(strange.id)
    assert [job.name for job in store.jobs()] == ["fine"]
