"""A job whose model was moved goes on with the same weights at the new place, or not at all."""

import shutil
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.moved_model import find_job
from peftsearch.records.companion import COMPANION_OF
from peftsearch.records.trial import FILES_BESIDE
from peftsearch.storage.store import Store
from peftsearch.workers.models.locations import hash_files_beside, hash_weights
from peftsearch.workers.processes.kept_places import check_places
from tests.conftest import NewDatabase
from tests.service.records import Filler, lora
from tests.specs import make_spec
from tests.storage.examples import claim
from tests.workers.tiny import save_model


def open_moved(store: Store, tmp_path: Path, trained: bool = True) -> tuple[Filler, Path]:
    """A job with a trial, and where its model is since it was moved."""
    old, new = tmp_path / "old", tmp_path / "new"
    save_model(old, "bert")
    base = make_spec()
    spec = base.model_copy(update={"model": base.model.model_copy(update={"path": str(old)})})
    filler = Filler.open(store, spec)
    if trained:
        filler.queue(lora(1))
        trial = claim(store, filler.job.id)
        beside = {FILES_BESIDE: hash_files_beside(old)}
        told = {"model": {"path": str(old), "sha256": hash_weights(old), **beside}}
        values = {"accuracy": 0.7, "training_seconds": 1.0}
        store.complete(trial.id, trial.attempt, values, told, None)
    shutil.move(old, new)
    return filler, new


def test_the_same_weights_are_found_at_their_new_place_by_the_jobs_beside_it_too(
    new_sqlite: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(new_sqlite()) as store:
        filler, new = open_moved(store, tmp_path)
        beside = store.create_job(filler.job.spec.model_copy(update={"name": "job.baselines"}))
        store.save_report(
            beside.id, COMPANION_OF, {"name": filler.job.name, "uid": filler.job.uid}
        )
        with pytest.raises(UserError, match="put it back there, .* --model PATH"):
            check_places(store.find_job("job").spec)
        monkeypatch.chdir(tmp_path)
        moved = find_job(store, "job.baselines", "new")
        assert moved.spec.model.path == str(new)
        found = store.find_job("job")
        assert found.spec.model.path == str(new) and found.state is filler.job.state
        rest = {"model": filler.job.spec.model}
        assert found.spec.model_copy(update=rest) == filler.job.spec
        assert find_job(store, "job").spec == found.spec


def test_other_weights_and_a_job_that_trained_nothing_are_refused(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    with Store.open(new_sqlite()) as store:
        filler, new = open_moved(store, tmp_path)
        (weights,) = new.glob("*.safetensors")
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
        for place, told in ((new, "the model that the trials of job had"), (tmp_path, "in")):
            with pytest.raises(UserError, match=told):
                find_job(store, "job", str(place))
        assert store.find_job("job").spec == filler.job.spec
    with Store.open(new_sqlite()) as store:
        _, new = open_moved(store, tmp_path / "other", trained=False)
        with pytest.raises(UserError, match="launch it again"):
            find_job(store, "job", str(new))


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json"])
def test_equal_weights_that_would_be_read_otherwise_are_refused(
    new_sqlite: NewDatabase, tmp_path: Path, name: str
) -> None:
    with Store.open(new_sqlite()) as store:
        filler, new = open_moved(store, tmp_path)
        (new / name).write_text((new / name).read_text() + "\n")
        with pytest.raises(UserError, match=rf"the {name} with which job was trained"):
            find_job(store, "job", str(new))
        (new / "tokenizer.json").unlink()
        with pytest.raises(UserError, match=r"tokenizer\.json.*no such file|config\.json"):
            find_job(store, "job", str(new))
        assert store.find_job("job").spec == filler.job.spec
