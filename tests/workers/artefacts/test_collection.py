"""What nothing names goes; what a record names, or may name yet, stays."""

from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import Conflict, NotFoundError, UserError
from peftsearch.jobs import life
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.adapters import adapter_folder
from peftsearch.workers.artefacts.collection import sweep_objects
from peftsearch.workers.artefacts.job_places import adapters_place, job_place
from peftsearch.workers.artefacts.keeping import Keeper
from peftsearch.workers.artefacts.places import Place
from peftsearch.workers.artefacts.rungs import Rung
from peftsearch.workers.files.spool import Result
from tests.conftest import NewDatabase
from tests.storage.examples import EXPIRED, claim

from .lives import Machine


def test_what_lost_attempts_left_goes_and_what_waits_for_its_record_stays(
    machine: Machine, url: str, tmp_path: Path
) -> None:
    """An adapter went a day after its upload, while its result waited on another machine."""
    job = machine.launch(url, seeds=2)
    lost = claim(machine.store, job.id, seconds=EXPIRED)
    keeper = Keeper(tmp_path / "other", job, lambda: None)
    keeper.keep(lost, {}, {"seed": lost.seed})
    assert machine.store.requeue_expired(job.id)
    assert sweep_objects(machine.store, job) == 0  # its result may come, and would count
    held = claim(machine.store, job.id)
    provenance = {"seed": held.seed}
    adapter, sha256 = keeper.keep(held, {}, provenance)
    assert (held.number, sweep_objects(machine.store, job)) == (lost.number, 1)
    measured = {"accuracy": 0.5, "trainable_parameters": 1.0}
    result = Result(
        job.uid, held.id, held.attempt, measured, provenance, adapter, sha256, claimed=held.claimed
    )
    assert result.record(machine.store)
    trials = machine.work(job)
    assert {x.state for x in trials} == {TrialState.COMPLETED}
    assert len(adapters_place(url, job).names()) == 4
    for trial in trials:
        with adapter_folder(machine.root, trial):
            pass


def test_a_deleted_job_leaves_nothing_and_others_all(machine: Machine, url: str) -> None:
    job = machine.launch(url)
    machine.work(job)
    beside = Place(url).under("another-job").under("objects").under("x")
    beside.put(Path(__file__))
    with pytest.raises(Conflict):
        life.delete(machine.store, _restart(machine, job.id), machine.root)
    assert len(job_place(url, job).names()) == 2
    life.stop(machine.store, job.name)
    life.delete(machine.store, job.name, machine.root)
    assert Place(url).names() == ["another-job/objects/x"]


def _restart(machine: Machine, job_id: int) -> str:
    job = machine.store.job(job_id)
    budget = job.spec.budget.model_copy(update={"trials": 9})
    return life.resume(machine.store, job.name, budget).name


def test_a_job_that_moved_goes_from_both_places(machine: Machine, tmp_path: Path) -> None:
    first, second = (f"file://{tmp_path}/{name}" for name in ("first", "second"))
    job = machine.launch(first)
    machine.work(job)
    again = job.spec.model_copy(
        update={"budget": job.spec.budget.model_copy(update={"trials": 2})}
    )
    moved = life.create_or_resume(machine.store, again.storing_in(second))
    assert moved.spec.artefacts == second
    trials = machine.work(moved)
    assert [Place(x).names() != [] for x in (first, second)] == [True, True]
    for trial in trials:
        with adapter_folder(machine.root, trial):
            pass
    same = life.create_or_resume(machine.store, again.model_copy(update={"artefacts": None}))
    assert same.spec.artefacts == second
    life.delete(machine.store, job.name, machine.root)
    assert [Place(x).names() for x in (first, second)] == [[], []]


def test_rungs_alone_go_from_a_place_that_was_left(machine: Machine, tmp_path: Path) -> None:
    places = [f"file://{tmp_path}/{name}" for name in ("first", "second", "third")]
    job = machine.launch(places[0])
    for url in places:
        spec = job.spec.storing_in(url)
        job = life.create_or_resume(machine.store, spec)
        (trial,) = machine.store.trials(job.id)
        Rung.of(machine.root, job, trial, lambda: None).save({"step": 1}, {})
    assert machine.store.find_job(job.name).spec == job.spec
    assert [len(Place(x).names()) for x in places] == [1, 1, 1]
    life.stop(machine.store, job.name)
    life.delete(machine.store, job.name, machine.root)
    assert [Place(x).names() for x in places] == [[], [], []]


def test_a_deletion_says_what_is_left_below_a_url_that_is_away(
    machine: Machine, away: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "away://bucket/deletion"
    job = machine.launch(url)
    machine.work(job)
    beside = job.spec.storing_in("memory://a-later-one")
    job = life.create_or_resume(
        machine.store,
        beside.model_copy(update={"budget": job.spec.budget.model_copy(update={"trials": 2})}),
    )
    machine.work(job)
    life.stop(machine.store, job.name)
    place = job_place(url, job)

    def refuse(*arguments: Any, **named: Any) -> None:
        raise ConnectionError("the network is down")

    monkeypatch.setattr(away, "rm", refuse)
    with pytest.raises(UserError) as caught:
        life.delete(machine.store, job.name, machine.root)
    assert machine.store.jobs() == []
    assert Place("memory://a-later-one").names() == []
    assert caught.value.hint == (
        f"the records are deleted: delete it again later, or remove {place.url} by hand"
    )
    monkeypatch.undo()
    assert place.names() != []
    life.delete(machine.store, job.name, machine.root)
    assert place.names() == []
    with pytest.raises(NotFoundError):
        life.delete(machine.store, job.name, machine.root)


def test_a_deletion_that_is_interrupted_goes_on_when_it_is_asked_for_again(
    machine: Machine, away: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Ctrl-C at a store that hangs left its objects, and nothing that named them."""
    job = machine.launch("away://bucket/hangs")
    machine.work(job)
    life.stop(machine.store, job.name)
    place = job_place("away://bucket/hangs", job)

    def interrupt(*arguments: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(away, "rm", interrupt)
    with pytest.raises(KeyboardInterrupt):
        life.delete(machine.store, job.name, machine.root)
    assert f"delete it again to remove what is left in {place.url}" in caplog.text
    monkeypatch.undo()
    later = machine.store.create_job(job.spec)
    life.stop(machine.store, later.name)
    beside = job_place("away://bucket/hangs", later).under("x")
    beside.put(Path(__file__))
    life.delete(machine.store, job.name, machine.root)
    assert [*place.names(), *beside.names()] == []
    assert [x for x in machine.root.rglob("*") if x.is_file()] == []


def test_what_a_deletion_left_is_another_database_s_matter(
    machine: Machine, away: Any, monkeypatch: pytest.MonkeyPatch, new_sqlite: NewDatabase
) -> None:
    """Their folder of files may be the same, and the names of their jobs."""
    job = machine.launch("away://bucket/other")
    machine.work(job)
    life.stop(machine.store, job.name)

    def refuse(*arguments: Any, **named: Any) -> None:
        raise ConnectionError("the network is down")

    monkeypatch.setattr(away, "rm", refuse)
    with pytest.raises(UserError, match="delete it again later"):
        life.delete(machine.store, job.name, machine.root)
    monkeypatch.undo()
    with Store.open(new_sqlite()) as other, pytest.raises(NotFoundError):
        life.delete(other, job.name, machine.root)
    assert job_place("away://bucket/other", job).names() != []
