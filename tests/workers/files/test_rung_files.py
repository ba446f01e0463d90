"""The file of a rung is whole or not there, and goes with its trial."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from peftsearch.records.trial import FailureKind
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import rung_path, rungs_folder
from peftsearch.workers.files.rung_files import RungFile, sweep_rungs
from tests.specs import make_spec
from tests.storage.examples import claim, insert, make_proposal
from tests.workers.small_files import small_files

TOLD = {"identity": "x", "seconds": 0.1, "found": None, "scores": {"loss": 1e-300}}
TENSORS = {
    "losses": torch.tensor([0.1, 1 / 3], dtype=torch.float64),
    "moments/step": torch.tensor(7.0),
    "trained/a.weight": torch.randn(64, 3, generator=torch.Generator().manual_seed(0)),
    "trained/entries": torch.arange(5, dtype=torch.int32),
    "empty": torch.zeros(0),
}


@pytest.fixture
def file(tmp_path: Path) -> RungFile:
    """One that was saved."""
    made = RungFile(tmp_path / "rungs" / "000003-11.safetensors")
    made.save(TOLD, TENSORS)
    return made


def _names(file: RungFile) -> list[str]:
    return sorted(x.name for x in file.path.parent.iterdir())


def test_what_was_saved_comes_back(file: RungFile) -> None:
    found = file.load()
    assert found is not None
    told, tensors = found
    assert told == TOLD
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)


def test_the_newest_replaces_the_former(file: RungFile) -> None:
    file.save({"identity": "y"}, {"losses": torch.zeros(1)})
    assert file.load() == ({"identity": "y"}, {"losses": torch.zeros(1)})
    assert _names(file) == [file.path.name]


def _flip(content: bytes) -> bytes:
    """A bit of the last tensor but one, which the format itself does not notice."""
    return content[:-80] + bytes([content[-80] ^ 1]) + content[-79:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-40],
        lambda content: content[:20],
        lambda content: b"",
        _flip,
        lambda content: content.replace(b"1e-300", b"1e-200"),
        lambda content: content.replace(b"sha256", b"sha255"),
        lambda content: content.replace(b"__metadata__", b"__metadat___"),
    ],
    ids=["half", "header", "empty", "bit", "told", "no hash", "no metadata"],
)
def test_a_damaged_file_is_not_there(file: RungFile, damage: Callable[[bytes], bytes]) -> None:
    content = file.path.read_bytes()
    assert damage(content) != content
    file.path.write_bytes(damage(content))
    assert file.load() is None
    file.save(TOLD, TENSORS)
    assert file.load() is not None


def test_what_is_no_file_is_not_there(tmp_path: Path) -> None:
    assert RungFile(tmp_path / "none" / "000000-1.safetensors").load() is None
    (tmp_path / "000000-1.safetensors").mkdir()
    assert RungFile(tmp_path / "000000-1.safetensors").load() is None


def test_without_room_the_former_stays_and_nothing_half(file: RungFile) -> None:
    large = {"losses": torch.zeros(4096)}
    with small_files():
        file.save({"identity": "y"}, large)
        other = RungFile(file.path.with_name("000004-1.safetensors"))
        other.save({"identity": "y"}, large)
    found = file.load()
    assert found is not None and found[0] == TOLD
    assert _names(file) == [file.path.name]


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "rungs").write_text("a file")
    file = RungFile(tmp_path / "rungs" / "000000-1.safetensors")
    file.save(TOLD, TENSORS)
    assert file.load() is None
    file.remove()


def test_the_name_is_given_once_all_is_written(
    file: RungFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends the writing, the former is whole until then."""
    synced: list[bool] = []

    def sync(handle: int) -> None:
        synced.append(os.path.samestat(os.fstat(handle), file.path.stat()))
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(KeyboardInterrupt):
        file.save({"identity": "y"}, TENSORS)
    found = file.load()
    assert synced == [False]
    assert found is not None and found[0] == TOLD
    assert _names(file) == [file.path.name]


def test_removal_takes_what_a_killed_writer_left(file: RungFile) -> None:
    part = file.path.with_name("000003-11.0123.part")
    part.write_bytes(b"half")
    other = file.path.with_name("000003-12.safetensors")
    other.write_bytes(b"")
    file.remove()
    assert _names(file) == [other.name]
    file.remove()


def test_rungs_of_trials_that_ended_elsewhere_are_swept(store: Store, tmp_path: Path) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(i) for i in range(3)])
    for trial in store.trials(job.id):
        RungFile(rung_path(tmp_path, job, trial)).save(TOLD, TENSORS)
    first, second = claim(store, job.id), claim(store, job.id)
    store.fail(first.id, first.attempt, FailureKind.LOST_WORKER, "it fell silent")
    half = rungs_folder(tmp_path, job) / f"{rung_path(tmp_path, job, first).stem}.01.part"
    half.write_bytes(b"half")
    sweep_rungs(tmp_path, store, job)
    left = sorted(rungs_folder(tmp_path, job).iterdir())
    assert left == [rung_path(tmp_path, job, x) for x in store.open_trials(job.id)]
    assert rung_path(tmp_path, job, second) in left and len(left) == 2
    store.delete_job(job.id)
    sweep_rungs(tmp_path, store, job)
    assert not rungs_folder(tmp_path, job).exists()
    sweep_rungs(tmp_path, store, job)


def test_what_a_person_put_there_is_not_swept(store: Store, tmp_path: Path) -> None:
    job = store.create_job(make_spec())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "rows.csv").write_text("text,label")
    rungs_folder(tmp_path, job).parent.mkdir(parents=True)
    rungs_folder(tmp_path, job).symlink_to(tmp_path / "mine")
    RungFile(rungs_folder(tmp_path, job) / "000000-1.safetensors").save(TOLD, TENSORS)
    sweep_rungs(tmp_path, store, job)
    assert [x.name for x in (tmp_path / "mine").iterdir()] == ["rows.csv"]
