"""What attempts that are over left on disk goes, and nothing else."""

from pathlib import Path

import pytest

from peftsearch.durable import replacing
from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import claim_mark, spool_folder, trials_folder
from peftsearch.workers.files.sweeping import sweep_attempts
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, claim, insert, make_proposal

MEASURED = {"accuracy": 0.5, "trainable_parameters": 8.0}


@pytest.fixture
def job(store: Store) -> Job:
    """Trial 0 completed in its second attempt, 1 failed, 2 runs in its second attempt."""
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(index) for index in range(3)])
    for _ in range(2):
        claim(store, job.id, seconds=EXPIRED)
        store.requeue_expired(job.id)
        done = claim(store, job.id)
        if done.number == 0:
            store.complete(done.id, done.attempt, MEASURED, {}, f"{job.name}/trials/000000-2")
        else:
            store.fail(done.id, done.attempt, FailureKind.BUG, "x")
    back = claim(store, job.id)
    store.give_back(back.id, back.attempt)
    claim(store, job.id)
    return job


def _names(folder: Path) -> set[str]:
    return {x.name for x in folder.iterdir()}


def test_of_adapters_those_of_ended_trials_and_of_running_attempts_stay(
    store: Store, job: Job, tmp_path: Path
) -> None:
    folder = trials_folder(tmp_path, job)
    over = {"000000-1", ".000000-1-abc", ".000000-2-a_c", "000001-1", "000001-2", "000002-1"}
    kept = {"000000-2", "000002-2", ".000002-2-abc", "000009-1", "notes", "000000"}
    for name in over | kept:
        (folder / name).mkdir(parents=True)
        (folder / name / "adapter.safetensors").write_text("x")
    sweep_attempts(tmp_path, store, job)
    assert _names(folder) == kept


def test_of_results_those_of_running_attempts_stay(store: Store, job: Job, tmp_path: Path) -> None:
    folder, trials = spool_folder(tmp_path, job), store.trials(job.id)
    folder.mkdir(parents=True)
    over = {f"{trials[0].id}-2.abc.part", f"{trials[1].id}-1.json", f"{trials[2].id}-1.a_c.part"}
    kept = {f"{trials[2].id}-2.abc.part", f"{trials[2].id}-2.json", "7-1.json", "notes.json"}
    for attempt, left in ((1, over), (2, kept)):  # as a worker that is killed leaves them
        with replacing(folder / f"{trials[2].id}-{attempt}.json") as part:
            left.add(part.name)
        (folder / f"{trials[2].id}-{attempt}.json").unlink()
    for name in over | kept:
        (folder / name).write_text("x")
    sweep_attempts(tmp_path, store, job)
    assert _names(folder) == kept


def test_of_a_job_without_files_nothing_is_asked(job: Job, store: Store, tmp_path: Path) -> None:
    store.close()
    sweep_attempts(tmp_path, store, job)


def test_adapters_of_claims_that_the_store_does_not_know_stay(
    store: Store, job: Job, tmp_path: Path
) -> None:
    """They are of a database that this one was restored or copied from."""
    folder, claims = trials_folder(tmp_path, job), sorted(store.claims(job.id))
    marks = {number: [claim_mark(x) for y, x in claims if y == number] for number in range(3)}
    foreign, (first, second) = claim_mark(claims[0][1] - 3600), marks[0]
    over = {f"000000-1{first}", f".000000-2{second}-abc", f"000001-1{marks[1][0]}"}
    kept = {f"000002-2{marks[2][1]}", f"000000-2{foreign}", f".000001-1{foreign}-a_c"}
    for name in over | kept:
        (folder / name).mkdir(parents=True)
        (folder / name / "adapter.safetensors").write_text("x")
    sweep_attempts(tmp_path, store, job)
    assert _names(folder) == kept
