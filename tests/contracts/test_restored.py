"""Contract: a database that was restored from an older backup takes no result of what it lost.

It gives numbers, attempts and on PostgreSQL ids again, to other configurations.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from peftsearch.errors import NotFoundError, StaleLeaseError
from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, Trial, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import adapter_name, spool_folder
from peftsearch.workers.files.spool import Result, flush, spool
from tests.restoring import back_up
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, LEASE, claim, insert, make_proposal

MEASURED = {"accuracy": 0.9, "trainable_parameters": 8.0}


@pytest.fixture
def job(store: Store) -> Job:
    """A job with one queued trial."""
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0)])
    return job


@pytest.fixture
def restore(database_url: str, job: Job, tmp_path: Path) -> Callable[[], None]:
    """Takes the database back to when it had that trial alone."""
    return back_up(database_url, tmp_path)


@pytest.fixture
def lost(store: Store, job: Job, restore: Callable[[], None]) -> Trial:
    """A trial that a worker holds and a restored database does not know."""
    first = claim(store, job.id, "early")
    store.fail(first.id, first.attempt, FailureKind.BUG, "x")
    insert(store, job.id, [make_proposal(1)])
    return claim(store, job.id, "early")


@pytest.fixture
def again(store: Store, job: Job, restore: Callable[[], None], lost: Trial) -> Trial:
    """The trial of the same number, and where the database gives ids again of the same id, that
    another worker holds since then."""
    store.rest()
    restore()
    first = claim(store, job.id, "late")
    store.fail(first.id, first.attempt, FailureKind.BUG, "x")
    insert(store, job.id, [make_proposal(2)])
    return claim(store, job.id, "late")


def _result(job: Job, trial: Trial) -> Result:
    told = {"key": trial.key}
    return Result(job.uid, trial.id, trial.attempt, MEASURED, told, "a", claimed=trial.claimed)


def _is_untouched(store: Store, trial: Trial) -> bool:
    found = store.trial(trial.job_id, trial.number)
    return found == trial and found.state is TrialState.RUNNING


def test_the_numbers_are_given_again(lost: Trial, again: Trial) -> None:
    """Else the others would test nothing."""
    assert (again.number, again.attempt) == (lost.number, lost.attempt)
    assert again.key != lost.key


def test_what_a_worker_brings_of_a_lost_trial_is_for_no_other(
    store: Store, lost: Trial, again: Trial
) -> None:
    with pytest.raises((StaleLeaseError, NotFoundError)):
        store.complete(lost.id, lost.attempt, MEASURED, {}, None, claimed=lost.claimed)
    with pytest.raises((StaleLeaseError, NotFoundError)):
        store.fail(lost.id, lost.attempt, FailureKind.BUG, "x", lost.claimed)
    assert _is_untouched(store, again)
    store.complete(again.id, again.attempt, MEASURED, {}, None, claimed=again.claimed)


def test_what_waits_in_a_file_is_for_no_other(
    store: Store, job: Job, lost: Trial, again: Trial, tmp_path: Path
) -> None:
    spool(tmp_path, job, _result(job, again))
    spool(tmp_path, job, _result(job, lost))
    assert flush(tmp_path, store, job) == 1
    assert store.trial(job.id, again.number).state is TrialState.COMPLETED
    assert store.trial(job.id, again.number).provenance == {"key": again.key}


def test_what_waits_is_for_no_other_that_still_trains(
    store: Store, job: Job, lost: Trial, again: Trial, tmp_path: Path
) -> None:
    spool(tmp_path, job, _result(job, lost))
    assert flush(tmp_path, store, job) == 0
    assert _is_untouched(store, again)


def test_nobody_keeps_gives_back_or_expires_a_trial_of_another(
    store: Store, job: Job, lost: Trial, again: Trial
) -> None:
    assert not store.renew(lost.id, lost.attempt, EXPIRED, "early")
    store.give_back(lost.id, lost.attempt, "early")
    assert store.requeue_expired(job.id) == [] and _is_untouched(store, again)
    assert store.renew(again.id, again.attempt, LEASE, "late")


def test_a_result_waits_for_a_database_that_knows_its_trial(
    store: Store, job: Job, restore: Callable[[], None], database_url: str, tmp_path: Path
) -> None:
    """An older backup was restored by mistake, and then the newer one."""
    insert(store, job.id, [make_proposal(1), make_proposal(2)])
    claim(store, job.id)
    held = claim(store, job.id)
    (tmp_path / "newer").mkdir()
    restore_newer = back_up(database_url, tmp_path / "newer")
    spool(tmp_path, job, _result(job, held))
    store.rest()
    restore()
    assert flush(tmp_path, store, job) == 0
    assert len([*spool_folder(tmp_path, job).iterdir()]) == 1
    store.rest()
    restore_newer()
    assert flush(tmp_path, store, job) == 1
    assert store.trial(job.id, held.number).adapter == "a"
    assert not [*spool_folder(tmp_path, job).iterdir()]


def test_a_trial_that_the_backup_knew_is_recorded_in_its_attempt(
    store: Store, job: Job, database_url: str, tmp_path: Path
) -> None:
    held = claim(store, job.id)
    restore = back_up(database_url, tmp_path)
    store.complete(held.id, held.attempt, MEASURED, {}, "a", claimed=held.claimed)
    store.rest()
    restore()
    store.complete(held.id, held.attempt, MEASURED, {}, "a", claimed=held.claimed)
    assert store.trial(job.id, held.number).state is TrialState.COMPLETED


def test_an_adapter_of_a_lost_trial_is_in_nobodys_way(job: Job, lost: Trial, again: Trial) -> None:
    assert adapter_name(job, lost) != adapter_name(job, again)
