"""A training goes on on another machine, and leaves no rung behind."""

from pathlib import Path
from typing import Any

from peftsearch.records.trial import TrialState
from peftsearch.workers.artefacts.job_places import job_place, rungs_place
from peftsearch.workers.artefacts.rungs import Rung, sweep_all_rungs
from tests.workers.monitors import Stopping

from .lives import Machine


def test_another_machine_goes_on_from_a_rung(machine: Machine, url: str, tmp_path: Path) -> None:
    job = machine.launch(url)
    (given_back,) = machine.work(job, Stopping())
    assert given_back.state is TrialState.QUEUED
    assert len(rungs_place(url, job).names()) == 1
    (resumed,) = machine.at(tmp_path / "other").work(job)
    assert resumed.provenance["resumed_step"] == 9
    assert rungs_place(url, job).names() == []
    machine.store.delete_job(job.id)
    (straight,) = machine.at(tmp_path / "straight").work(machine.launch(None))
    assert straight.adapter_sha256 == resumed.adapter_sha256


def test_a_place_that_is_away_leaves_a_training_its_own_rung(machine: Machine, away: Any) -> None:
    away.left = 2  # as many as there are rungs
    job = machine.launch("away://bucket/rungs")
    machine.work(job, Stopping())
    assert rungs_place("away://bucket/rungs", job).names() == []
    (resumed,) = machine.work(job)
    assert resumed.provenance["resumed_step"] == 9


def test_a_rung_that_is_damaged_is_not_there(machine: Machine, tmp_path: Path) -> None:
    job = machine.launch(f"file://{tmp_path}/store")
    (trial,) = machine.work(job, Stopping())
    rung = Rung.of(tmp_path / "other", job, trial, lambda: None)
    assert rung.load() is not None
    assert rung.place is not None and rung.place.folder is not None
    content = rung.place.folder.read_bytes()
    rung.place.folder.write_bytes(content[:-80] + bytes([content[-80] ^ 1]) + content[-79:])
    assert rung.load() is None


def test_rungs_of_a_job_that_is_gone_are_swept(machine: Machine, url: str) -> None:
    job = machine.launch(url)
    machine.work(job, Stopping())
    sweep_all_rungs(machine.root, machine.store, job)
    assert len(rungs_place(url, job).names()) == 1
    machine.store.delete_job(job.id)
    sweep_all_rungs(machine.root, machine.store, job)
    assert job_place(url, job).names() == []
