"""Contract: what watchers ask for agrees with the whole records, and brings nothing twice."""

import pytest

from peftsearch.errors import NotFoundError
from peftsearch.records.job import Job, JobState, Pulse
from peftsearch.records.trial import Attempt, FailureKind, TrialState
from peftsearch.storage import trials as module
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, claim, complete, insert, make_proposal

RESULTS = [(0.9, 30), (0.5, 10), (0.7, 20), (0.6, 25), (0.2, 30), (0.8, 15)]
"""Accuracy and cost; the fifth is a second seed of the first, and takes it from the front."""


@pytest.fixture
def job(store: Store) -> Job:
    """Six completed trials, one that failed, one that runs and two that are queued."""
    job = store.create_job(make_spec())
    indices = [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0)]
    insert(store, job.id, [make_proposal(index, seed) for index, seed in indices])
    for accuracy, cost in RESULTS:
        complete(store, claim(store, job.id), accuracy, cost)
    failed = claim(store, job.id)
    store.fail(failed.id, failed.attempt, FailureKind.BUG, "x")
    claim(store, job.id)
    return store.find_job("job")


def test_pulses_are_what_changes_of_each_job(store: Store, job: Job) -> None:
    other = store.create_job(make_spec("other"))
    store.set_state(other.id, JobState.STOPPED)
    assert store.pulses() == [
        Pulse(job.id, "job", JobState.RUNNING, 7, job.created, job.uid),
        Pulse(other.id, "other", JobState.STOPPED, 0, other.created, other.uid),
    ]
    assert store.pulse("job") == store.pulses()[0]
    with pytest.raises(NotFoundError) as caught:
        store.pulse("missing")
    with pytest.raises(NotFoundError) as expected:
        store.find_job("missing")
    assert str(caught.value) == str(expected.value)


def test_all_counts_are_the_counts_of_each_job(store: Store, job: Job) -> None:
    empty = store.create_job(make_spec("empty"))
    assert store.all_counts() == {x.id: store.counts(x.id) for x in (job, empty)}
    assert store.counts(job.id)[TrialState.COMPLETED] == 6


def test_the_queued_are_counted_alone(store: Store, job: Job) -> None:
    empty = store.create_job(make_spec("empty"))
    assert [store.queued(x.id) for x in (job, empty)] == [2, 0]
    assert store.counts(job.id)[TrialState.QUEUED] == 2


def test_attempts_are_the_trials_without_what_they_trained(store: Store, job: Job) -> None:
    other = store.create_job(make_spec("other"))
    insert(store, other.id, [make_proposal(0)])
    whole = store.trials(job.id)
    assert store.attempts(job.id) == [
        Attempt(x.id, x.number, x.state, x.attempt, x.adapter, x.adapter_sha256) for x in whole
    ]
    assert {x.state for x in store.attempts(job.id)} == set(TrialState)


def test_all_reports_are_those_of_each_job(store: Store, job: Job) -> None:
    other = store.create_job(make_spec("other"))
    assert store.all_reports("a") == {}
    for number, (found, kind) in enumerate([(job, "a"), (other, "a"), (job, "b"), (job, "a")]):
        store.save_report(found.id, kind, {"number": number})
    assert store.all_reports("a") == {x.id: store.reports(x.id, "a") for x in (job, other)}
    assert [x["number"] for x in store.all_reports("a")[job.id]] == [0, 3]


def test_a_trial_is_found_by_its_number(store: Store, job: Job) -> None:
    other = store.create_job(make_spec("other"))
    assert [store.trial(job.id, number) for number in range(10)] == store.trials(job.id)
    with pytest.raises(NotFoundError, match="a trial from 0 to 9; got 10"):
        store.trial(job.id, 10)
    with pytest.raises(NotFoundError, match="there is none yet; got 0"):
        store.trial(other.id, 0)


def test_open_trials_are_those_that_have_not_ended(store: Store, job: Job) -> None:
    assert store.open_trials(job.id) == store.trials(job.id)[7:]
    assert store.open_trials(job.id + 1) == []


@pytest.mark.parametrize("asked_one_by_one", [0, 500])
def test_open_trials_are_so_whatever_was_known_of_them(
    store: Store, job: Job, asked_one_by_one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ASKED_BY_NUMBER", asked_one_by_one)
    known = store.trials(job.id)  # ended ones too
    for change in (
        lambda: None,
        lambda: claim(store, job.id),
        lambda: store.give_back(claim(store, job.id).id, 1),
        lambda: complete(store, claim(store, job.id), 0.5, 1),
        lambda: insert(store, job.id, [make_proposal(77)]),
    ):
        change()
        open_now = [x for x in store.trials(job.id) if x.event is None]
        for before in (known, known[:8], store.open_trials(job.id)):
            assert store.open_trials(job.id, before) == open_now


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_ended_trials_come_once_each_in_the_order_of_their_events(
    store: Store, job: Job, limit: int
) -> None:
    found, event = [], 0
    while page := store.ended_since(job.id, event, limit):
        assert len(page) <= limit
        found += page
        event = page[-1].event or 0
    ended = [trial for trial in store.trials(job.id) if trial.event is not None]
    assert found == sorted(ended, key=lambda trial: trial.event or 0)
    assert [trial.event for trial in found] == list(range(1, 8))
    assert found[0].measurements["accuracy"] == 0.9


def test_a_trial_knows_when_it_was_claimed_and_ended(store: Store, job: Job) -> None:
    ended, running, queued = (store.trial(job.id, number) for number in (0, 7, 8))
    assert ended.claimed is not None and ended.ended is not None
    assert job.created <= ended.claimed <= ended.ended
    assert ended.running_seconds == ended.ended - ended.claimed
    assert (ended.event, ended.lease_seconds) == (1, None)
    assert running.claimed is not None and running.claimed >= ended.ended
    assert (running.event, running.ended, running.running_seconds) == (None, None, None)
    assert (queued.claimed, queued.ended, queued.lease_seconds) == (None, None, None)


def test_what_is_left_of_a_lease_is_told_while_the_trial_runs(store: Store, job: Job) -> None:
    running = store.trial(job.id, 7)
    assert running.lease_seconds is not None and 590 < running.lease_seconds <= 600
    late = store.trial(job.id, claim(store, job.id, seconds=EXPIRED).number)
    assert late.lease_seconds is not None and late.lease_seconds <= EXPIRED
    store.requeue_expired(job.id)
    assert store.trial(job.id, 8).lease_seconds is None


def test_changes_turn_the_front_of_any_event_into_that_of_any_later(
    store: Store, job: Job
) -> None:
    for event in range(job.event + 1):
        standing = {point.key: point.entered for point in store.front(job.id, event)}
        changes = store.front_changes(job.id, event)
        assert changes == sorted(changes, key=lambda entry: (entry.entered, entry.key))
        for later in range(event, job.event + 1):
            kept = {
                key: entered
                for key, entered in standing.items()
                if not any(x.key == key and x.left and x.left <= later for x in changes)
            }
            came = {
                x.key: x.entered
                for x in changes
                if event < x.entered <= later and (x.left is None or x.left > later)
            }
            expected = {point.key: point.entered for point in store.front(job.id, later)}
            assert kept | came == expected
    assert store.front_changes(job.id, job.event) == []


def test_an_entry_holds_what_its_point_held(store: Store, job: Job) -> None:
    history = store.front_changes(job.id, 0)
    assert any(entry.left is not None for entry in history)
    for entry in history:
        points = store.front(job.id, entry.entered)
        (point,) = (point for point in points if point.key == entry.key)
        assert (point.values, point.trials) == (entry.values, entry.trials)


def test_measurements_come_by_trial_name_and_fidelity(store: Store, job: Job) -> None:
    trial = claim(store, job.id)
    values = {"trainable_parameters": 5.0, "accuracy": 0.5}
    store.complete(trial.id, trial.attempt, values, {}, None, {0.75: 2.0, 0.25: 3.0})
    found = store.measurements(job.id, range(8, 9))
    assert [(x.trial, x.name, x.fidelity, x.value) for x in found] == [
        (8, "accuracy", 1.0, 0.5),
        (8, "trainable_parameters", 1.0, 5.0),
        (8, "training_loss", 0.25, 3.0),
        (8, "training_loss", 0.75, 2.0),
    ]
    assert store.measurements(job.id, range(9), "training_loss") == found[2:]
    assert store.measurements(job.id, range(8, 9), "accuracy") == found[:1]


def test_pages_of_measurements_are_the_whole(store: Store, job: Job) -> None:
    whole = store.measurements(job.id, range(store.next_number(job.id)))
    assert [(x.trial, x.name) for x in whole] == [
        (number, name) for number in range(6) for name in ("accuracy", "trainable_parameters")
    ]
    pages = [store.measurements(job.id, range(start, start + 4)) for start in (0, 4, 8)]
    assert sum(pages, []) == whole and pages[2] == []
    assert store.measurements(job.id + 1, range(9)) == []


def test_what_trials_told_last_is_of_the_last_completed_one_that_tells_it(
    store: Store, job: Job
) -> None:
    assert store.last_told(job.id, "device") == "cpu"
    assert store.last_told(job.id, "data") is None
    for told in ({"data": "a"}, {"data": ""}, {}):
        trial, values = claim(store, job.id), {"accuracy": 0.5, "trainable_parameters": 5.0}
        store.complete(trial.id, trial.attempt, values, told, None)
        insert(store, job.id, [make_proposal(20 + trial.number)])
    assert store.last_told(job.id, "data") == "a"
    assert store.last_told(job.id, "data", "files") is None
    trial, values = claim(store, job.id), {"accuracy": 0.5, "trainable_parameters": 5.0}
    store.complete(trial.id, trial.attempt, values, {"data": {"files": "b"}}, None)
    assert store.last_told(job.id, "data", "files") == "b"
    assert store.last_told(job.id + 1, "data") is None


def test_the_next_number_counts_the_trials(store: Store, job: Job) -> None:
    assert store.next_number(job.id) == len(store.trials(job.id))
    assert store.next_number(store.create_job(make_spec("fresh")).id) == 0


def test_workers_tell_how_far_their_trial_is(store: Store, job: Job) -> None:
    other = store.create_job(make_spec("other"))
    store.register_worker(other.id, "a", "host", 1, "cpu")
    store.register_worker(job.id, "b", "host", 2, "cpu")
    store.heartbeat("b", 3, 10)
    assert [(x.name, x.steps_done, x.steps_total) for x in store.all_workers()] == [
        ("b", 3, 10),
        ("a", None, None),
    ]
    assert [worker.name for worker in store.workers(other.id)] == ["a"]
    store.heartbeat("b")
    (idle,) = store.workers(job.id)
    assert (idle.steps_done, idle.steps_total) == (None, None)
