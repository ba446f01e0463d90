"""Contract: the suggestion lease, and how proposals become trials."""

import math

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.pool import NullPool

from peftsearch.errors import NotFoundError, StaleLeaseError
from peftsearch.records.trial import FailureKind, Proposal, Trial, TrialState
from peftsearch.storage.schema import trials
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, LEASE, claim, complete, insert, make_proposal


def test_one_worker_holds_the_lease(store: Store) -> None:
    job = store.create_job(make_spec())
    token = store.take_suggestion_lease(job.id, "a", LEASE)
    assert token is not None
    assert store.take_suggestion_lease(job.id, "b", LEASE) is None
    store.release_suggestion_lease(job.id, token)
    assert store.take_suggestion_lease(job.id, "b", LEASE) == token + 1


def test_an_expired_lease_is_taken_over_and_its_token_refused(store: Store) -> None:
    job = store.create_job(make_spec())
    old = store.take_suggestion_lease(job.id, "a", EXPIRED)
    new = store.take_suggestion_lease(job.id, "b", LEASE)
    assert old is not None and new is not None and new > old
    with pytest.raises(StaleLeaseError, match=f"token {old} .* b holds {new}"):
        store.insert(job.id, old, [make_proposal(0)], [{}])
    store.release_suggestion_lease(job.id, old)
    assert len(store.insert(job.id, new, [make_proposal(0)], [{}])) == 1


def test_an_expired_lease_that_nobody_took_still_inserts(store: Store) -> None:
    job = store.create_job(make_spec())
    token = store.take_suggestion_lease(job.id, "a", EXPIRED)
    assert token is not None
    assert len(store.insert(job.id, token, [make_proposal(0)], [{}])) == 1


def test_a_renewed_lease_is_kept_and_a_lost_one_is_not_renewed(store: Store) -> None:
    job = store.create_job(make_spec())
    token = store.take_suggestion_lease(job.id, "a", EXPIRED)
    assert token is not None
    assert store.renew_suggestion_lease(job.id, token, LEASE)
    assert store.take_suggestion_lease(job.id, "b", LEASE) is None
    assert store.renew_suggestion_lease(job.id, token, EXPIRED)
    new = store.take_suggestion_lease(job.id, "b", LEASE)
    assert new is not None and not store.renew_suggestion_lease(job.id, token, LEASE)
    store.release_suggestion_lease(job.id, new)
    assert not store.renew_suggestion_lease(job.id, new, LEASE)


def test_the_same_worker_gets_a_new_token(store: Store) -> None:
    job = store.create_job(make_spec())
    old = store.take_suggestion_lease(job.id, "a", LEASE)
    assert old is not None
    assert store.take_suggestion_lease(job.id, "a", LEASE) == old + 1
    with pytest.raises(StaleLeaseError):
        store.insert(job.id, old, [make_proposal(0)], [{}])


def test_a_released_token_is_refused(store: Store) -> None:
    job = store.create_job(make_spec())
    token = store.take_suggestion_lease(job.id, "a", LEASE)
    assert token is not None
    store.release_suggestion_lease(job.id, token)
    with pytest.raises(StaleLeaseError, match="released"):
        store.insert(job.id, token, [make_proposal(0)], [{}])
    assert store.trials(job.id) == []


def test_a_worker_that_is_gone_holds_no_lease(store: Store) -> None:
    """However long it would have lasted."""
    first, second = store.create_job(make_spec("first")), store.create_job(make_spec("second"))
    store.register_worker(first.id, "a", "host", 1, "cpu")
    assert store.take_suggestion_lease(first.id, "a", LEASE) is not None
    assert store.take_suggestion_lease(second.id, "b", LEASE) is not None
    store.unregister_worker("a")
    assert store.take_suggestion_lease(first.id, "c", LEASE) is not None
    assert store.take_suggestion_lease(second.id, "c", LEASE) is None


def test_an_unknown_job_takes_nothing(store: Store) -> None:
    assert store.take_suggestion_lease(1, "a", LEASE) is None
    with pytest.raises(NotFoundError):
        store.insert(1, 1, [make_proposal(0)], [{}])


def test_inserted_trials_are_queued_in_the_order_of_proposal(store: Store) -> None:
    job = store.create_job(make_spec())
    proposals = [make_proposal(3), Proposal(make_proposal(1).configuration, 2**40, "try", 0.25)]
    costs = [{"trainable_parameters": 12.0, "adapter_bytes": 48.0}, {"backward_depth": 2.0}]
    inserted = insert(store, job.id, proposals, costs)
    assert store.trials(job.id) == inserted
    for number, (trial, proposal) in enumerate(zip(inserted, proposals, strict=True)):
        assert trial == Trial(
            id=trial.id,
            job_id=job.id,
            number=number,
            configuration=proposal.configuration,
            seed=proposal.seed,
            origin=proposal.origin,
            fidelity=proposal.fidelity,
            state=TrialState.QUEUED,
            attempt=0,
            measurements=costs[number],
        )
        assert trial.key == proposal.configuration.key


def test_numbers_go_on(store: Store) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(1)])
    (trial,) = insert(store, job.id, [make_proposal(2)])
    assert trial.number == 2


def test_a_known_key_and_seed_is_skipped(store: Store) -> None:
    job = store.create_job(make_spec(trials=3))
    insert(store, job.id, [make_proposal(0)])
    again = [
        make_proposal(0),
        make_proposal(0, seed=1),
        make_proposal(0, seed=1),
        make_proposal(1),
    ]
    inserted = insert(store, job.id, again)
    assert [(x.number, x.seed) for x in inserted] == [(1, 1), (2, 0)]


def test_no_more_is_inserted_than_the_budget_leaves(store: Store) -> None:
    job = store.create_job(make_spec(trials=3))
    proposals = [make_proposal(index) for index in range(5)]
    assert len(insert(store, job.id, proposals[:2])) == 2
    assert [x.configuration for x in insert(store, job.id, proposals)] == [
        proposals[2].configuration
    ]
    assert insert(store, job.id, proposals) == []


def test_a_failed_trial_uses_the_budget_too(store: Store) -> None:
    job = store.create_job(make_spec(trials=1))
    insert(store, job.id, [make_proposal(0)])
    trial = claim(store, job.id)
    store.fail(trial.id, trial.attempt, FailureKind.BUG, "broke")
    assert insert(store, job.id, [make_proposal(1)]) == []


def test_nothing_is_inserted_when_the_hours_are_spent(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec(budget={"hours": 2.0}))
    insert(store, job.id, [make_proposal(0)])
    trial = claim(store, job.id)
    assert len(insert(store, job.id, [make_proposal(1)])) == 1
    assert store.used_hours(job.id) < 0.1
    complete(store, trial, 0.5, 1)
    _set_times(database_url, trial, claimed_at=1000.0, ended_at=1000.0 + 2 * 3600)
    assert store.used_hours(job.id) == pytest.approx(2.0)
    with Store.open(database_url) as other:  # this one knows that two hours cannot be over yet
        assert insert(other, job.id, [make_proposal(2)]) == []


def test_hours_are_not_counted_at_each_insert(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = store.create_job(make_spec(budget={"hours": 2.0}))
    counted, count = list[int](), store.used_hours

    def used_hours(job_id: int) -> float:
        counted.append(job_id)
        return count(job_id)

    monkeypatch.setattr(store, "used_hours", used_hours)
    for i in range(4):
        assert len(insert(store, job.id, [make_proposal(i)])) == 1
    assert counted == [job.id]
    store.change_budget(job.id, make_spec(budget={"hours": 3.0}))
    assert len(insert(store, job.id, [make_proposal(5)])) == 1
    assert counted == [job.id, job.id]


def test_costs_are_finite_and_as_many_as_proposals(store: Store) -> None:
    job = store.create_job(make_spec())
    with pytest.raises(ValueError, match="finite"):
        insert(store, job.id, [make_proposal(0)], [{"adapter_bytes": math.inf}])
    with pytest.raises(ValueError, match="shorter"):
        insert(store, job.id, [make_proposal(0), make_proposal(1)], [{}])
    assert store.trials(job.id) == []


def _set_times(url: str, trial: Trial, **times: float) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(update(trials).where(trials.c.id == trial.id).values(**times))
