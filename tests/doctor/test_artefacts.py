"""Places for adapters, and whether what the records name lies there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch.doctor.artefacts import examine_artefacts
from peftsearch.doctor.finding import Health
from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.job_places import adapters_place
from peftsearch.workers.artefacts.keeping import Keeper
from tests.specs import make_spec
from tests.storage.examples import claim, insert, make_proposal


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jobs.db"


@pytest.fixture
def job(storage: str, tmp_path: Path) -> Iterator[Job]:
    """With one trial, whose adapter has a head alone and lies in the folder `store`."""
    with Store.open(storage) as store:
        job = store.create_job(make_spec().storing_in(f"{tmp_path}/store"))
        insert(store, job.id, [make_proposal(0)])
        trial = claim(store, job.id)
        provenance = {"seed": trial.seed}
        kept = Keeper(tmp_path / "files", job, lambda: None).keep(trial, {}, provenance)
        measured = {"accuracy": 0.5, "trainable_parameters": 1.0}
        store.complete(trial.id, trial.attempt, measured, provenance, kept[0], {}, kept[1])
        yield job


def _texts(storage: str, root: Path, asked: str | None = None) -> dict[str, Health]:
    return {x.text: x.health for x in examine_artefacts(storage, root, asked)}


def test_a_place_that_works_and_whole_adapters_are_well(
    job: Job, storage: str, tmp_path: Path
) -> None:
    found = _texts(storage, tmp_path / "files")
    assert set(found.values()) == {Health.OK}
    first, room, sample = found
    assert first == f"file://{tmp_path}/store can be read and written"
    assert "free at" in room
    assert sample.startswith("1 adapter of the newest trials: ")


def test_a_damaged_adapter_fails_by_name(job: Job, storage: str, tmp_path: Path) -> None:
    for name in (place := adapters_place(str(job.spec.artefacts), job)).names():
        assert (folder := place.folder) is not None
        (folder / name).write_bytes(b"damaged")
    failed = [x for x, health in _texts(storage, tmp_path).items() if health is Health.FAILED]
    assert len(failed) == 1
    assert "the adapter of trial 0, with SHA-256 " in failed[0]


def test_of_a_place_that_is_away_no_adapter_is_asked_for(
    job: Job, storage: str, tmp_path: Path
) -> None:
    """Each of them waited for the same place again."""
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    (tmp_path / "store").touch()
    (failed,) = _texts(storage, tmp_path / "files").items()
    assert failed[1] is Health.FAILED
    assert "the adapter of trial" not in failed[0]


def test_a_place_that_is_asked_for_is_tried_without_a_database(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/none.db"
    (tmp_path / "file").touch()
    assert _texts(storage, tmp_path) == {}
    assert Health.OK in _texts(storage, tmp_path, f"{tmp_path}/new").values()
    for wrong in (f"{tmp_path}/file/below", "s3://user:word@bucket", "memory://x"):
        ((text, health),) = _texts(storage, tmp_path, wrong).items()
        assert health is Health.FAILED
        assert "word" not in text
    assert not (tmp_path / "none.db").exists()
