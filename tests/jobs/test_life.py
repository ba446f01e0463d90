"""The life of a job beyond the table of `tests/contracts/test_life.py`: races, files, specs."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import Conflict, NotFoundError, UserError
from peftsearch.jobs import life
from peftsearch.records.job import Job, JobState
from peftsearch.spaces.jobspec.spec import JobSpec, make_budget
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import job_folder
from tests.anatomies import BERT
from tests.specs import make_spec
from tests.storage.examples import make_older


def make_job(store: Store, root: Path, name: str) -> Path:
    """A stopped job; its folder, with a file."""
    job = store.create_job(make_spec(name))
    store.set_state(job.id, JobState.STOPPED)
    folder = root / job_folder(job)
    (folder / "trials").mkdir(parents=True)
    (folder / "trials" / "file").touch()
    return folder


@pytest.mark.parametrize("name", ["auto", "none"])
def test_words_that_stand_for_jobs_name_no_new_one(store: Store, name: str) -> None:
    for refused in (
        lambda: life.check_new(store, name),
        lambda: life.create(store, make_spec(name)),
        lambda: life.create_or_resume(store, make_spec(name)),
    ):
        with pytest.raises(UserError, match=f"got '{name}'; search.learn_from means"):
            refused()
    store.create_job(make_spec(name))
    assert life.create_or_resume(store, make_spec(name)).name == name


def test_a_job_goes_with_its_files_and_others_stay(store: Store, tmp_path: Path) -> None:
    _, other = (make_job(store, tmp_path, name) for name in ("a", "a.b"))
    life.delete(store, "a", tmp_path)
    assert [x.name for x in store.jobs()] == ["a.b"]
    assert list(tmp_path.iterdir()) == [other]
    with pytest.raises(NotFoundError):
        life.delete(store, "a", tmp_path)


def test_empty_folders_of_older_versions_go_with_the_job(store: Store, tmp_path: Path) -> None:
    make_job(store, tmp_path, "a")
    for place in ("exports", "trials/000001-1", "other"):
        (tmp_path / "a" / place).mkdir(parents=True)
    (tmp_path / "a" / "other" / "file").touch()
    life.delete(store, "a", tmp_path)
    assert [x.relative_to(tmp_path).as_posix() for x in sorted(tmp_path.rglob("*"))] == [
        *("a", "a/other", "a/other/file"),
    ]
    (tmp_path / "a" / "other" / "file").unlink()
    make_job(store, tmp_path, "a")
    life.delete(store, "a", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_stays_keeps_its_files(store: Store, tmp_path: Path) -> None:
    folder = make_job(store, tmp_path, "a")
    life.resume(store, "a")
    with pytest.raises(Conflict):
        life.delete(store, "a", tmp_path)
    assert (folder / "trials" / "file").exists()


def test_a_link_in_place_of_the_folder_leads_nowhere(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.mkdir()
    (other / "file").touch()
    root = tmp_path / "root"
    root.mkdir()
    job = life.stop(store, life.create(store, make_spec("a")).name)
    (root / job_folder(job)).symlink_to(other)
    life.delete(store, "a", root)
    assert (other / "file").exists()


@pytest.mark.parametrize(
    ("state", "budget", "outcome"),
    [
        (JobState.RUNNING, 100, JobState.RUNNING),
        (JobState.STOPPED, 100, JobState.RUNNING),
        (JobState.STOPPED, 7, JobState.RUNNING),
        (JobState.FINISHED, 100, JobState.FINISHED),
        (JobState.FINISHED, 200, JobState.RUNNING),
    ],
)
def test_the_same_job_file_again(
    store: Store, state: JobState, budget: int, outcome: JobState
) -> None:
    """A finished job stays so until its budget changes; all others run."""
    job = life.create_or_resume(store, make_spec(trials=100))
    store.set_state(job.id, state)
    again = life.create_or_resume(store, make_spec(trials=budget))
    assert again == store.find_job("job")
    assert (again.id, again.state, again.spec.budget.trials) == (job.id, outcome, budget)


def test_another_spec_of_the_same_name_is_refused_by_its_keys(store: Store) -> None:
    job = life.create(store, make_spec())
    other = job.spec.model_copy(update={"seed": 7})
    with pytest.raises(Conflict, match=r"other values of seed \(\d+ in place of \d+\)"):
        life.create_or_resume(store, other)
    assert store.jobs() == [job]


def test_a_new_budget_keeps_what_an_earlier_version_knew_of_the_model(store: Store) -> None:
    """Only what trials depend on must be equal; the rest of the spec stays as it was launched."""
    old, new = with_positions(make_spec(), 512), with_positions(make_spec(trials=200), 1024)
    life.create(store, old)
    changed = life.create_or_resume(store, new)
    assert changed.spec == old.model_copy(update={"budget": new.budget})


def test_a_job_from_before_a_key_goes_on_as_it_began(store: Store, database_url: str) -> None:
    """Its document lacks the key; the same job file means the default of today in a new job."""
    life.create(store, make_spec(training={"epochs": 2}))
    make_older(database_url, "job", "training.standardise_labels")
    again = life.create_or_resume(store, make_spec(training={"epochs": 2}, trials=200))
    assert not again.spec.training.standardise_labels
    assert not life.is_as_launched(again, make_spec(training={"epochs": 2}))
    assert again.spec == store.find_job("job").spec
    with pytest.raises(Conflict, match=r"other values of training\.epochs"):
        life.create_or_resume(store, make_spec(training={"epochs": 3}))
    written = make_spec(training={"epochs": 2, "standardise_labels": False}, trials=200)
    assert life.create_or_resume(store, written) == again


def test_a_job_whose_document_holds_a_default_of_once_goes_on_by_it(
    store: Store, database_url: str
) -> None:
    """Three states were kept of every job file that said nothing of them."""
    life.create(store, make_spec(training={"checkpoints": 3}))
    make_older(database_url, "job")
    again = life.create_or_resume(store, make_spec(trials=200))
    assert (again.spec.training.checkpoints, again.spec.budget.trials) == (3, 200)
    assert not life.is_as_launched(again, make_spec(trials=200))
    with pytest.raises(Conflict, match=r"other values of training\.checkpoints"):
        life.create_or_resume(store, make_spec(training={"checkpoints": 1}))


@pytest.mark.parametrize("budget", [None, {"trials": 200}])
@pytest.mark.parametrize("stored", [{"checkpoints": 1}, {"checkpoints": 3}, {"epochs": 1}])
def test_a_key_taken_out_of_the_file_is_told(
    store: Store, stored: dict[str, Any], budget: dict[str, Any] | None
) -> None:
    """Also where it held what was the default once, and where the budget was changed since."""
    life.create(store, make_spec(training=stored))
    if budget:
        life.resume(store, "job", make_spec(**budget).budget)
    with pytest.raises(Conflict, match=r"other values of training\."):
        life.create_or_resume(store, make_spec(**budget or {}))


def test_a_new_budget_leaves_out_what_the_document_lacks(store: Store, database_url: str) -> None:
    """That tells which version launched the job."""
    life.create(store, make_spec())
    make_older(database_url, "job", "training.checkpoints", "search.recipes")
    before = store.find_job("job").document
    after = life.resume(store, "job", make_spec(trials=200).budget).document
    assert after == {**before, "budget": after["budget"]}


def with_positions(spec: JobSpec, positions: int) -> JobSpec:
    """Its model's anatomy says more, or other things, that no trial depends on."""
    anatomy = BERT.model_copy(update={"positions": positions})
    return spec.model_copy(update={"model": spec.model.model_copy(update={"anatomy": anatomy})})


def race(url: str, *actions: Callable[[Store], object]) -> list[object]:
    """Run each at once over a store of its own; what it gave, or how it was refused."""
    start = threading.Barrier(len(actions))

    def run(action: Callable[[Store], object]) -> object:
        with Store.open(url) as store:
            start.wait()
            try:
                return action(store)
            except (Conflict, NotFoundError) as error:
                return type(error)

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_one_name_launched_at_once_is_one_job(store: Store, database_url: str) -> None:
    found = race(database_url, *[lambda own: life.create_or_resume(own, make_spec())] * 4)
    assert [job for job in found if isinstance(job, Job)] == store.jobs() * 4


def test_a_job_is_resumed_or_deleted_but_not_both(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    for number in range(10):
        name = f"job{number}"
        folder = make_job(store, tmp_path, name)
        resumed, _ = race(
            database_url,
            lambda own: life.resume(own, name),  # noqa: B023 - called within the turn
            lambda own: life.delete(own, name, tmp_path),  # noqa: B023
        )
        there = [job for job in store.jobs() if job.name == name]
        assert there == ([resumed] if isinstance(resumed, Job) else [])
        assert folder.exists() == bool(there)


def test_a_stop_and_a_larger_budget_at_once_both_count(store: Store, database_url: str) -> None:
    """Whoever comes last decides the state; the budget is not lost."""
    life.create(store, make_spec())
    race(
        database_url,
        lambda own: life.stop(own, "job"),
        lambda own: life.resume(own, "job", make_budget(200, None)),
    )
    assert store.find_job("job").spec.budget.trials == 200
