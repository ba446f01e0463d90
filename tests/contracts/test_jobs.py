"""Contract: jobs, their states and budgets, workers and reports."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import LEASE, claim, insert, make_proposal


def test_a_created_job_is_found_with_an_equal_spec(store: Store) -> None:
    spec = make_spec("first")
    job = store.create_job(spec)
    assert (job.name, job.state, job.event, job.spec) == ("first", JobState.RUNNING, 0, spec)
    assert store.find_job("first") == job
    assert store.jobs() == [job]


def test_each_job_has_an_id_that_no_other_has(store: Store, new_sqlite: Callable[[], str]) -> None:
    """Its files lie under it, beside those of jobs of other databases."""
    job = store.create_job(make_spec("one"))
    assert re.fullmatch("[0-9a-f]{32}", job.uid)
    assert store.job(job.id).uid == store.pulse("one").uid == job.uid
    store.delete_job(job.id)
    with Store.open(new_sqlite()) as other:
        again = store.create_job(make_spec("one")), other.create_job(make_spec("one"))
    assert len({job.uid, *(x.uid for x in again)}) == 3


def test_jobs_are_listed_oldest_first(store: Store) -> None:
    names = ["b", "a", "c"]
    for name in names:
        store.create_job(make_spec(name))
    assert [job.name for job in store.jobs()] == names
    created = [job.created for job in store.jobs()]
    assert created == sorted(created)


def test_a_name_can_be_used_once(store: Store) -> None:
    store.create_job(make_spec())
    with pytest.raises(UserError, match="does not have yet; got 'job'"):
        store.create_job(make_spec())
    assert len(store.jobs()) == 1


def test_an_unknown_name_is_not_found_and_the_known_are_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="there is none yet"):
        store.find_job("missing")
    store.create_job(make_spec("present"))
    with pytest.raises(NotFoundError, match="among present; got 'missing'; see `peftsearch jobs`"):
        store.find_job("missing")
    with pytest.raises(NotFoundError, match="did you mean 'present'"):
        store.find_job("presnt")


def test_the_state_of_a_job_is_kept(store: Store) -> None:
    job = store.create_job(make_spec())
    store.set_state(job.id, JobState.STOPPED)
    assert store.find_job("job").state is JobState.STOPPED
    with pytest.raises(NotFoundError):
        store.set_state(job.id + 1, JobState.STOPPED)


@pytest.mark.parametrize("state", [JobState.STOPPED, JobState.FINISHED])
def test_a_job_that_rests_neither_takes_nor_hands_out_trials(
    store: Store, state: JobState
) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0)])
    store.set_state(job.id, state)
    assert store.claim(job.id, "w", LEASE) is None
    assert insert(store, job.id, [make_proposal(1)]) == []
    store.set_state(job.id, JobState.RUNNING)
    assert claim(store, job.id).number == 0


def test_a_larger_budget_lets_the_job_run_again(store: Store) -> None:
    job = store.create_job(make_spec(trials=1))
    assert len(insert(store, job.id, [make_proposal(0), make_proposal(1)])) == 1
    store.set_state(job.id, JobState.FINISHED)
    changed = store.change_budget(job.id, make_spec(trials=3))
    assert changed.state is JobState.RUNNING
    assert changed.spec.budget.trials == 3
    assert store.find_job("job") == changed
    assert len(insert(store, job.id, [make_proposal(index) for index in range(5)])) == 2


def test_only_the_budget_may_change(store: Store) -> None:
    job = store.create_job(make_spec())
    data = make_spec(trials=7).to_json() | {"seed": 5, "model": {"path": "other"}}
    with pytest.raises(UserError, match="another model, seed;"):
        store.change_budget(job.id, parse_spec(data))
    with pytest.raises(NotFoundError):
        store.change_budget(job.id + 1, make_spec(trials=7))
    assert store.find_job("job") == job


def test_counts_name_every_state(store: Store) -> None:
    job = store.create_job(make_spec())
    assert store.counts(job.id) == dict.fromkeys(TrialState, 0)
    insert(store, job.id, [make_proposal(0), make_proposal(1)])
    claim(store, job.id)
    expected = {TrialState.QUEUED: 1, TrialState.RUNNING: 1}
    assert store.counts(job.id) == dict.fromkeys(TrialState, 0) | expected


def test_jobs_do_not_see_each_others_trials(store: Store) -> None:
    first, second = store.create_job(make_spec("first")), store.create_job(make_spec("second"))
    insert(store, first.id, [make_proposal(0)])
    assert [x.number for x in insert(store, second.id, [make_proposal(0)])] == [0]
    assert claim(store, first.id).job_id == first.id
    assert store.claim(first.id, "w", LEASE) is None
    assert store.counts(second.id)[TrialState.QUEUED] == 1


def test_a_worker_registers_and_beats(store: Store) -> None:
    job = store.create_job(make_spec())
    store.register_worker(job.id, "w1", "host", 17, "cpu")
    store.register_worker(job.id, "w1", "host", 18, "cuda:0")
    (worker,) = store.workers(job.id)
    assert (worker.name, worker.job_id, worker.host) == ("w1", job.id, "host")
    assert (worker.pid, worker.device) == (18, "cuda:0")
    assert worker.seconds_silent >= 0
    store.heartbeat("w1")
    with pytest.raises(NotFoundError, match="'w2'"):
        store.heartbeat("w2")


def test_a_command_is_at_work_and_no_worker_of_the_search(store: Store) -> None:
    job = store.create_job(make_spec())
    store.register_worker(job.id, "w", "host", 17, "cpu")
    store.register_worker(job.id, "c", "host", 18, "cpu", "confirm")
    assert [x.name for x in store.workers(job.id)] == ["w"]
    assert [x.name for x in store.all_workers()] == ["w"]
    assert [x.name for x in store.all_commands()] == ["c"]
    assert [(x.name, x.command) for x in store.all_at_work(job.id)] == [
        ("c", "confirm"),
        ("w", None),
    ]
    store.unregister_worker("c")
    assert [x.name for x in store.all_at_work(job.id)] == ["w"]


def test_a_worker_that_has_ended_is_no_longer_known(store: Store) -> None:
    job = store.create_job(make_spec())
    for name in ("w1", "w2"):
        store.register_worker(job.id, name, "host", 17, "cpu")
    for _ in range(2):
        store.unregister_worker("w1")
        assert [worker.name for worker in store.workers(job.id)] == ["w2"]
    with pytest.raises(NotFoundError, match="'w1'"):
        store.heartbeat("w1")


def test_reports_are_kept_by_kind_oldest_first(store: Store) -> None:
    job = store.create_job(make_spec())
    contents: list[dict[str, Any]] = [
        {"value": 0.1 + 0.2, "text": "π\0", "list": [1, None]},
        {"value": 2},
    ]
    for content in contents:
        store.save_report(job.id, "confirm", content)
    store.save_report(job.id, "other", {})
    assert store.reports(job.id, "confirm") == contents
    assert store.reports(job.id, "missing") == []


def test_a_report_holds_plain_finite_data(store: Store) -> None:
    job = store.create_job(make_spec())
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.save_report(job.id, "confirm", {"value": math.nan})
    with pytest.raises(TypeError):
        store.save_report(job.id, "confirm", {"value": object()})
    assert store.reports(job.id, "confirm") == []


def test_a_job_is_found_by_its_id_whatever_has_its_name(store: Store) -> None:
    job = store.create_job(make_spec())
    assert store.job(job.id) == job
    store.delete_job(job.id)
    other = store.create_job(make_spec())
    assert store.job(other.id) == other
    with pytest.raises(NotFoundError):
        store.job(job.id)
