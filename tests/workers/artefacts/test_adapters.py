"""An adapter below a URL is what its worker saved, or is refused by name."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from peftsearch.errors import UserError
from peftsearch.records.trial import Trial, TrialState
from peftsearch.workers.artefacts import keeping
from peftsearch.workers.artefacts.adapters import adapter_folder
from peftsearch.workers.artefacts.objects import Objects
from peftsearch.workers.artefacts.places import Place
from peftsearch.workers.files.ownership import CONFIGURATION, TENSORS
from peftsearch.workers.files.sweeping import sweep_attempts
from peftsearch.workers.runtime.file_hashes import hash_file
from peftsearch.workers.runtime.machine_faults import MachineFault

from .lives import Machine


def _place(trial: Trial) -> Place:
    return Place(str(trial.adapter).rpartition("/")[0])


def test_another_machine_reads_what_a_worker_kept(
    machine: Machine, url: str, tmp_path: Path
) -> None:
    (plain,) = machine.at(tmp_path / "plain").work(machine.launch(None))
    with adapter_folder(tmp_path / "plain", plain) as folder:
        expected = load_file(folder / TENSORS)
        assert folder == tmp_path / "plain" / str(plain.adapter)
    machine.store.delete_job(plain.job_id)
    (trial,) = machine.work(machine.launch(url))
    assert trial.state is TrialState.COMPLETED
    with adapter_folder(tmp_path / "elsewhere", trial) as folder:
        found = load_file(folder / TENSORS)
        assert hash_file(folder / TENSORS) == trial.adapter_sha256
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], x) for name, x in expected.items())
    assert not folder.exists()
    assert [x.name for x in machine.root.rglob("*") if x.is_file()] == []


def test_an_object_has_the_name_of_its_content(machine: Machine, url: str, tmp_path: Path) -> None:
    (trial,) = machine.work(machine.launch(url))
    place = _place(trial)
    names = place.names()
    assert names == sorted({str(trial.adapter).rpartition("/")[2], str(trial.adapter_sha256)})
    for name in names:
        place.under(name).fetch(tmp_path / "copy")
        assert hash_file(tmp_path / "copy") == name


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [_flip, _cut])
@pytest.mark.parametrize("file", [CONFIGURATION, TENSORS])
def test_a_damaged_object_is_named(
    machine: Machine, tmp_path: Path, file: str, harm: Callable[[Path], None]
) -> None:
    url = f"file://{tmp_path}/store"
    (trial,) = machine.work(machine.launch(url))
    name = str(trial.adapter_sha256) if file == TENSORS else str(trial.adapter).rpartition("/")[2]
    place = _place(trial).under(name)
    assert place.folder is not None
    harm(place.folder)
    with pytest.raises(UserError) as caught, adapter_folder(machine.root, trial):
        pass
    assert str(caught.value).startswith("expected the adapter of trial 0, with SHA-256 ")
    assert file in caught.value.got
    assert place.url in caught.value.hint
    assert "\n" not in str(caught.value)
    place.remove()
    with pytest.raises(UserError, match="no object of its") as gone:
        with adapter_folder(machine.root, trial):
            pass
    assert place.url in gone.value.hint


def test_the_objects_of_another_trial_are_refused(machine: Machine, url: str) -> None:
    first, second = machine.work(machine.launch(url, seeds=2))
    for swapped in (
        replace(first, adapter=second.adapter),
        replace(first, adapter=second.adapter, adapter_sha256=second.adapter_sha256),
    ):
        with pytest.raises(UserError, match="the adapter of trial 0"):
            with adapter_folder(machine.root, swapped):
                pass


def test_what_is_kept_in_the_same_place_twice_is_kept_once(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    objects = Objects(Place(url))
    assert objects.put(tmp_path / "file") == objects.put(tmp_path / "file")
    assert len(Place(url).names()) == 1


def test_a_worker_waits_for_a_place_that_comes_back(machine: Machine, away: Any) -> None:
    away.left = 3
    (trial,) = machine.work(machine.launch("away://bucket/back"))
    assert (trial.state, trial.attempt, away.left) == (TrialState.COMPLETED, 1, 0)
    with adapter_folder(machine.root, trial):
        pass


def test_a_worker_says_at_last_that_a_place_is_away(
    machine: Machine, away: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ran is queued again, with the reason; nothing is recorded that is not kept."""
    monkeypatch.setattr(keeping, "PATIENCE_SECONDS", 0.1)
    away.left = 10**9
    job = machine.launch("away://bucket/gone")
    with pytest.raises(MachineFault, match="write an adapter to away://bucket/gone: Connection"):
        machine.work(job)
    (trial,) = machine.store.trials(job.id)
    assert (trial.state, trial.adapter) == (TrialState.QUEUED, None)


def test_a_place_that_refuses_is_not_waited_for(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MachineFault, match="write an adapter to file://.*/file"):
        machine.work(machine.launch(f"file://{tmp_path}/file"))


@pytest.mark.parametrize("whole", [False, True])
def test_an_adapter_of_which_the_end_or_all_is_lost_is_sent_again(
    machine: Machine, short: Any, whole: bool
) -> None:
    short.left, short.whole = 3, whole
    (trial,) = machine.work(machine.launch("short://bucket/again"))
    assert (trial.state, trial.attempt, short.left) == (TrialState.COMPLETED, 1, 0)
    with adapter_folder(machine.root, trial):
        pass


def test_a_place_that_loses_the_ends_of_files_is_told_in_one_line(
    machine: Machine, short: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PATIENCE_SECONDS", 0.1)
    short.left = 10**9
    job = machine.launch("short://bucket/never")
    with pytest.raises(MachineFault, match="OSError: it keeps .* bytes that it was sent;"):
        machine.work(job)
    (trial,) = machine.store.trials(job.id)
    assert (trial.state, trial.adapter) == (TrialState.QUEUED, None)


def test_what_a_killed_worker_was_sending_is_swept(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adapter stayed in the job's folder, on a machine that perhaps no deletion comes to."""
    put, sent = Place.put, tmp_path / "sent"
    places: list[Path] = []

    def watch(place: Place, source: Path) -> None:
        put(place, source)
        if source.name == CONFIGURATION:
            shutil.copytree(source.parent, sent)
            places.append(source.parent)

    monkeypatch.setattr(Place, "put", watch)
    job = machine.launch(f"file://{tmp_path}/shared")
    machine.work(job)
    shutil.copytree(sent, places[0])  # as it was when the worker was killed
    sweep_attempts(machine.root, machine.store, job)
    assert [x for x in machine.root.rglob("*") if x.is_file()] == []
