"""Contract: a learning curve lies beside a trial's objectives, and changes none of them."""

import math

import pytest

from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import claim, insert, make_proposal

VALUES = {"accuracy": 0.5, "trainable_parameters": 8.0}
CURVE = {0.125: 0.9, 0.375: 0.1 + 0.2, 0.625: 0.4, 0.875: 0.25}


@pytest.fixture
def job(store: Store) -> Job:
    """A job with a trial of the full training and one of the half."""
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(1, fidelity=0.5)])
    return job


def test_a_curve_is_kept_by_share_of_the_training(store: Store, job: Job) -> None:
    trial = claim(store, job.id)
    store.complete(trial.id, trial.attempt, VALUES, {}, None, CURVE)
    found = store.measurements(job.id, range(1), "training_loss")
    assert {point.fidelity: point.value for point in found} == CURVE


def test_shares_of_a_shorter_training_are_of_the_full_one(store: Store, job: Job) -> None:
    """So that no point of the curve ever lies where the trial's objectives lie."""
    claim(store, job.id)
    trial = claim(store, job.id)
    store.complete(trial.id, trial.attempt, VALUES, {}, None, CURVE)
    found = store.measurements(job.id, range(1, 2), "training_loss")
    assert [point.fidelity for point in found] == [share / 2 for share in CURVE]


def test_neither_the_trial_nor_the_front_sees_the_curve(store: Store, job: Job) -> None:
    for trial in (claim(store, job.id), claim(store, job.id)):
        store.complete(trial.id, trial.attempt, VALUES, {}, None, CURVE | {0.5: 1.0})
    assert [trial.measurements for trial in store.trials(job.id)] == [VALUES, VALUES]
    assert store.ended_since(job.id, 0) == store.trials(job.id)
    (point,) = store.front(job.id)
    assert point.values == VALUES


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 1.5, math.nan])
def test_shares_lie_between_0_and_1(store: Store, job: Job, share: float) -> None:
    trial = claim(store, job.id)
    with pytest.raises(ValueError, match="shares of the training between 0 and 1"):
        store.complete(trial.id, trial.attempt, VALUES, {}, None, {share: 1.0})
    assert store.trial(job.id, 0) == trial


def test_losses_are_finite(store: Store, job: Job) -> None:
    trial = claim(store, job.id)
    with pytest.raises(ValueError, match="finite measurements"):
        store.complete(trial.id, trial.attempt, VALUES, {}, None, {0.5: math.inf})
    assert store.measurements(job.id, range(1)) == []
