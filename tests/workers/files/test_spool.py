"""Results wait as files while the database is away, and are recorded once."""

import json
import resource
from pathlib import Path

import pytest

from peftsearch.records.job import Job
from peftsearch.records.trial import TRAINING_LOSS, FailureKind, Trial, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import spool_folder
from peftsearch.workers.files.spool import Result, flush, spool
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, claim, insert, make_proposal

MEASUREMENTS = {"accuracy": 0.75, "training_seconds": 2.0}


@pytest.fixture
def job(store: Store) -> Job:
    """A job that runs."""
    return store.create_job(make_spec())


@pytest.fixture
def claimed(store: Store, job: Job) -> Trial:
    """Its first trial, running."""
    insert(store, job.id, [make_proposal(0)], [{"trainable_parameters": 64.0}])
    return claim(store, job.id)


def test_a_spooled_result_is_recorded_and_its_file_removed(
    store: Store, job: Job, claimed: Trial, tmp_path: Path
) -> None:
    path = spool(
        tmp_path,
        job,
        Result(job.uid, claimed.id, claimed.attempt, MEASUREMENTS, {"seed": 1}, "a/1"),
    )
    assert flush(tmp_path, store, job) == 1
    (trial,) = store.trials(claimed.job_id)
    assert trial.state is TrialState.COMPLETED
    assert trial.measurements["accuracy"] == 0.75
    assert trial.adapter == "a/1"
    assert not path.exists()


def test_a_file_that_finds_no_room_leaves_nothing(
    job: Job, claimed: Trial, tmp_path: Path
) -> None:
    result = Result(job.uid, claimed.id, claimed.attempt, MEASUREMENTS, {"note": "x" * 9000})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            spool(tmp_path, job, result)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [x for x in tmp_path.rglob("*") if x.is_file()] == []


def test_a_failure_is_spooled_too(store: Store, job: Job, claimed: Trial, tmp_path: Path) -> None:
    kind = FailureKind.OUT_OF_MEMORY
    end = Result(
        job.uid, claimed.id, claimed.attempt, {}, {}, failure=kind.value, message="12 GiB"
    )
    spool(tmp_path, job, end)
    assert flush(tmp_path, store, job) == 1
    (trial,) = store.trials(claimed.job_id)
    assert (trial.state, trial.failure, trial.message) == (TrialState.FAILED, kind, "12 GiB")


def test_sending_twice_records_once(
    store: Store, job: Job, claimed: Trial, tmp_path: Path
) -> None:
    result = Result(job.uid, claimed.id, claimed.attempt, MEASUREMENTS, {})
    spool(tmp_path, job, result)
    assert flush(tmp_path, store, job) == 1
    spool(tmp_path, job, result)
    assert flush(tmp_path, store, job) == 0
    assert not list(spool_folder(tmp_path, job).iterdir())


def test_a_stale_result_is_dropped(store: Store, job: Job, claimed: Trial, tmp_path: Path) -> None:
    """Another worker took the trial meanwhile: its attempt counts."""
    store.renew(claimed.id, claimed.attempt, EXPIRED)
    store.requeue_expired(claimed.job_id)
    again = store.claim(claimed.job_id, "other", 60)
    assert again is not None and again.attempt == claimed.attempt + 1
    spool(tmp_path, job, Result(job.uid, claimed.id, claimed.attempt, MEASUREMENTS, {}))
    assert flush(tmp_path, store, job) == 0
    assert store.trials(claimed.job_id)[0].state is TrialState.RUNNING


def test_a_curve_is_spooled_to_the_last_bit(
    store: Store, job: Job, claimed: Trial, tmp_path: Path
) -> None:
    curve = {(i + 0.5) / 3: 0.1 * i for i in range(3)}
    spool(
        tmp_path, job, Result(job.uid, claimed.id, claimed.attempt, MEASUREMENTS, {}, curve=curve)
    )
    assert flush(tmp_path, store, job) == 1
    found = store.measurements(claimed.job_id, range(9), TRAINING_LOSS)
    assert {point.fidelity: point.value for point in found} == curve


def test_a_file_of_an_older_release_has_no_curve(
    store: Store, job: Job, claimed: Trial, tmp_path: Path
) -> None:
    path = spool(tmp_path, job, Result(job.uid, claimed.id, claimed.attempt, MEASUREMENTS, {}))
    old = {k: v for k, v in json.loads(path.read_text()).items() if k != "curve"}
    path.write_text(json.dumps(old))
    assert flush(tmp_path, store, job) == 1
    assert store.trial(claimed.job_id, 0).state is TrialState.COMPLETED


def test_a_result_of_a_deleted_job_is_dropped(
    store: Store, job: Job, claimed: Trial, tmp_path: Path
) -> None:
    spool(tmp_path, job, Result(job.uid, claimed.id, claimed.attempt, MEASUREMENTS, {}))
    store.delete_job(claimed.job_id)
    assert flush(tmp_path, store, job) == 0
    assert not list(spool_folder(tmp_path, job).iterdir())


def test_half_written_files_are_ignored(store: Store, job: Job, tmp_path: Path) -> None:
    folder = spool_folder(tmp_path, job)
    folder.mkdir(parents=True)
    (folder / "x.part").write_text("{")
    assert flush(tmp_path, store, job) == 0


@pytest.mark.parametrize("content", ["", '{"job": ', "[1]", '{"job": 1}', "[" * 100_000])
def test_a_damaged_file_keeps_no_other_result_from_being_recorded(
    store: Store, job: Job, claimed: Trial, tmp_path: Path, content: str
) -> None:
    path = spool(tmp_path, job, Result(job.uid, claimed.id, claimed.attempt, MEASUREMENTS, {}))
    (path.parent / "0-1.json").write_text(content)
    assert flush(tmp_path, store, job) == 1
    assert store.trial(job.id, 0).state is TrialState.COMPLETED
